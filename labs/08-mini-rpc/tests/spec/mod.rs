//! The specification of `rpcd` and `rpcc`, one file a milestone.
//!
//! Every check is a black box: it starts the program, plays its clients (or its server, or the network between), and
//! looks at it from outside. What a check demands stands in the contract (`README.md`) and nowhere else; *how* you keep
//! the promise is your own affair.
//!
//! Words, numbers and pieces are random, from a seed that is printed when a check fails. What was executed is counted,
//! never timed: a time-out of rpcc only makes it send again, and it may do so earlier or later.

mod frame;
mod m1_call;
mod m2_marshal;
mod m3_frames;
mod m4_files;
mod m5_semantics;
mod m6_crash;
mod m7_concurrency;
mod m8_interface;
mod m9_objects;
mod relay;

use std::cell::Cell;

use testkit::{Address, Cmd, Finished, Listener, Peer, Program, Room, Running, Signal, bin};

use frame::{Frame, expect, next};

/// The server under test.
fn rpcd() -> Program {
    bin!("rpcd").called("your rpcd")
}

/// The client under test.
fn rpcc() -> Program {
    bin!("rpcc").called("your rpcc")
}

/// On a Unix socket in the room.
const UNIX: &[&str] = &["--unix", "s"];
/// On a port that the kernel chooses.
const TCP: &[&str] = &["--tcp", "127.0.0.1:0"];

/// A server that is ready.
struct Site {
    server: Running,
    at: Address,
}

/// `rpcd OPTIONS --root files`, not yet started. The folder is there.
fn command(room: &Room, options: &[&str]) -> Cmd {
    room.mkdir("files");
    room.command(rpcd()).args(options).args(["--root", "files"])
}

/// `rpcd OPTIONS --root files`, ready.
fn serve(room: &Room, options: &[&str]) -> Site {
    ready(command(room, options).spawn())
}

/// A server that has been started, when it is ready.
fn ready(server: Running) -> Site {
    let at = server.ready();
    Site { server, at }
}

impl Site {
    /// A client that has connected, with a random number.
    #[track_caller]
    fn client(&self, room: &Room, name: &str) -> Caller {
        Caller::new(self.connect(room, name), room.number(1..u64::MAX))
    }

    /// A connection.
    #[track_caller]
    fn connect(&self, room: &Room, name: &str) -> Peer {
        room.connect(&self.at).called(name)
    }

    /// Another client calls, and must get its answer.
    #[track_caller]
    fn serves(&self, room: &Room, name: &str) {
        let (one, two) = (room.number(0..1000) as i64, room.number(0..1000) as i64);
        let client = self.client(room, name);
        client.calls(frame::ADD, frame::i64s(one, two), (one + two).to_le_bytes());
    }

    /// The value of a key, as another client gets it; `None` if there is no such key.
    #[track_caller]
    fn value(&self, room: &Room, key: &str) -> Option<Vec<u8>> {
        let client = self.client(room, "the client that looks");
        let answer = client.call(frame::GET, frame::string(key));
        match answer.kind {
            frame::RESULT => Some(answer.body.get(4..).unwrap_or_default().to_vec()),
            _ => {
                let call = Frame::call(client.client, answer.seq, frame::GET, []);
                assert!(
                    answer == call.error(3, "no such key"),
                    "rpcd answers a get in another way than expected\nexpected: a result, or error 3 no such key\nreceived: {answer}"
                );
                None
            }
        }
    }

    /// What `stats` says: calls executed, and calls in the table.
    #[track_caller]
    fn stats(&self, room: &Room) -> (u64, u64) {
        let answer = self.client(room, "the client that asks for stats").call(frame::STATS, []);
        let number = |at: usize| Some(u64::from_le_bytes(*answer.body.get(at..)?.first_chunk()?));
        match (number(0), number(8)) {
            (Some(executed), Some(entries)) if answer.body.len() == 16 => (executed, entries),
            _ => panic!("stats answers no stats\nexpected: a result of 16 bytes\nreceived: {answer}"),
        }
    }

    /// The check is over, and so is the server: killed, because how it ends by itself is for milestone 7.
    #[track_caller]
    fn end(self) -> Finished {
        self.server.kill(Signal::SIGKILL);
        self.server.wait()
    }
}

/// A client that the check plays: a connection, its number, and the seq of its last call.
struct Caller {
    peer: Peer,
    client: u64,
    seq: Cell<u32>,
}

impl Caller {
    fn new(peer: Peer, client: u64) -> Self {
        Self { peer, client, seq: Cell::new(0) }
    }

    /// The next call, not yet sent.
    fn next(&self, method: u16, arguments: impl AsRef<[u8]>) -> Frame {
        self.seq.set(self.seq.get() + 1);
        Frame::call(self.client, self.seq.get(), method, arguments)
    }

    /// Sends the next call, and gives it.
    #[track_caller]
    fn send(&self, method: u16, arguments: impl AsRef<[u8]>) -> Frame {
        let call = self.next(method, arguments);
        self.peer.send(call.bytes());
        call
    }

    /// Makes the next call; gives its answer, whatever it says.
    #[track_caller]
    fn call(&self, method: u16, arguments: impl AsRef<[u8]>) -> Frame {
        let call = self.send(method, arguments);
        let answer = next(&self.peer);
        assert!(
            (answer.client, answer.seq) == (call.client, call.seq)
                && [frame::RESULT, frame::ERROR].contains(&answer.kind),
            "what has come does not answer the call\ncall:     {call}\nexpected: a result or an error with the same client and seq\nreceived: {answer}"
        );
        answer
    }

    /// Makes the next call, which must have this result.
    #[track_caller]
    fn calls(&self, method: u16, arguments: impl AsRef<[u8]>, result: impl Into<Vec<u8>>) {
        let call = self.send(method, arguments);
        expect(&self.peer, &call.result(result));
    }

    /// Makes the next call, which must have this error.
    #[track_caller]
    fn refused(&self, method: u16, arguments: impl AsRef<[u8]>, code: u16, text: &str) {
        let call = self.send(method, arguments);
        expect(&self.peer, &call.error(code, text));
    }

    /// Asks for a window; gives the instance.
    #[track_caller]
    fn ping(&self, window: u32) -> u64 {
        self.peer.send(Frame::ping(self.client, 0, window).bytes());
        let pong = next(&self.peer);
        match pong.number() {
            Some(instance) if pong == Frame::new(frame::PONG, self.client, 0, instance.to_le_bytes()) => {
                instance
            }
            _ => panic!(
                "a ping has no pong\nexpected: pong, client {}, seq 0, body of 8 bytes\nreceived: {pong}",
                self.client
            ),
        }
    }
}

/// `rpcc ADDRESS WORDS`, not yet started.
fn ask(room: &Room, at: impl ToString, words: &[&str]) -> Cmd {
    room.command(rpcc()).arg(at.to_string()).args(words)
}

/// A server that the check plays, at `unix:server`.
fn play_server(room: &Room) -> Listener {
    room.listen(&Address::Unix("server".into()))
}

/// Where [`play_server`] is.
const SERVER: &str = "unix:server";

/// The next client of a server that the check plays.
#[track_caller]
fn accept(server: &Listener) -> Peer {
    server.accept().called("the server")
}

/// The next frame of rpcc must be a call of this method with these arguments and this seq. Gives it, for its client is
/// rpcc's own choice.
#[track_caller]
fn expect_call(peer: &Peer, seq: u32, method: u16, arguments: impl AsRef<[u8]>) -> Frame {
    let received = next(peer);
    let expected = Frame::call(received.client, seq, method, arguments);
    assert!(
        received == expected,
        "rpcc sends another frame than expected\nexpected: {expected}\nreceived: {received}"
    );
    received
}

/// The next frame of rpcc must be a ping for this window; it gets this instance.
#[track_caller]
fn answer_ping(peer: &Peer, window: u32, instance: u64) -> Frame {
    let received = next(peer);
    let expected = Frame::ping(received.client, 0, window);
    assert!(
        received == expected,
        "rpcc sends another frame than expected\nexpected: {expected}\nreceived: {received}"
    );
    peer.send(Frame::new(frame::PONG, received.client, 0, instance.to_le_bytes()).bytes());
    received
}
