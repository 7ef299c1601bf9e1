//! The specification of `filed` and `filec`, one file a milestone.
//!
//! Every check is a black box: it starts the program, plays its clients (or its server), and looks at it from
//! outside. What a check demands stands in the contract (`README.md`) and nowhere else; *how* you keep the promise is
//! your own affair.
//!
//! Words, sizes and pieces are random, from a seed that is printed when a check fails.

mod m1_one_client;
mod m2_stream;
mod m3_many;
mod m4_readers;
mod m5_errors;
mod m6_names;
mod m7_messages;
mod m8_out_of_band;
mod m9_helpers;

use testkit::{Address, Cmd, Errno, Finished, Peer, Program, Room, Running, Signal, bin};

/// The server under test.
fn filed() -> Program {
    bin!("filed").called("your filed")
}

/// The client under test.
fn filec() -> Program {
    bin!("filec").called("your filec")
}

/// A server that is ready.
struct Site {
    server: Running,
    at: Address,
}

/// `filed OPTIONS --root files`, not yet started. The folder is there.
fn command(room: &Room, options: &[&str]) -> Cmd {
    room.mkdir("files");
    room.command(filed()).args(options).args(["--root", "files"])
}

/// `filed OPTIONS --root files`, ready.
fn serve(room: &Room, options: &[&str]) -> Site {
    ready(command(room, options).spawn())
}

/// A server that has been started, when it is ready.
fn ready(server: Running) -> Site {
    let at = server.ready();
    Site { server, at }
}

/// On a Unix socket in the room.
const UNIX: &[&str] = &["--unix", "s"];
/// On a port that the kernel chooses.
const TCP: &[&str] = &["--tcp", "127.0.0.1:0"];

impl Site {
    /// A client who has connected.
    #[track_caller]
    fn client(&self, room: &Room, name: &str) -> Peer {
        room.connect(&self.at).called(name)
    }

    /// Another client asks, and must get its answer.
    #[track_caller]
    fn serves(&self, room: &Room, name: &str) {
        let word = room.word();
        let client = self.client(room, name);
        client.send(format!("ECHO {word}\n")).expect(ok(&word));
    }

    /// Sends a request again and again without reading an answer, until nobody takes more, or `most` bytes are taken. Gives their
    /// number; the last request may be cut.
    fn flood(&self, client: &Peer, request: &[u8], most: usize) -> usize {
        let mut sent = 0;
        let mut has_rested = false;
        while sent < most {
            let rest = &request[sent % request.len()..];
            match client.try_send(&rest[..rest.len().min(most - sent)]) {
                Ok(n) => (sent, has_rested) = (sent + n, false),
                Err(Errno::EAGAIN) if !has_rested => {
                    self.server.asleep();
                    has_rested = true;
                }
                Err(_) => break,
            }
        }
        sent
    }

    /// The check is over, and so is the server: killed, because how it ends by itself is for milestone 5.
    #[track_caller]
    fn end(self) -> Finished {
        self.server.kill(Signal::SIGKILL);
        self.server.wait()
    }
}

/// `OK N`, a newline and the body.
fn ok(body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    [format!("OK {}\n", body.len()).as_bytes(), body].concat()
}

/// `filec ADDRESS WORDS`, not yet started.
fn ask(room: &Room, at: impl ToString, words: &[&str]) -> Cmd {
    room.command(filec()).arg(at.to_string()).args(words)
}
