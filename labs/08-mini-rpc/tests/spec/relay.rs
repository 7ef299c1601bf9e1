//! A bad network: what lies between rpcc and rpcd, and does something to one of the frames that pass.
//!
//! It acts on frames, not on time: what it holds back waits for another frame, and when rpcc sends again is rpcc's own
//! affair. The frames of both directions are counted in the order in which they pass.

use std::fmt;

use testkit::{Address, Listener, Peer, Room};

use super::frame::{Frame, length_of_first, parse};

/// More frames never pass, however often rpcc has to send again.
const MOST: usize = 1500;

/// More copies never wait in line, however slow the machine is.
const SUPERFLUOUS: usize = 100_000;

/// What happens to one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It passes like all others.
    None,
    /// It is lost.
    Drop,
    /// It comes twice.
    Double,
    /// It comes after the next frame of its direction, or when the connection has ended.
    Delay,
    /// One bit of it is another one.
    Damage {
        /// Which bit, counted from the frame's beginning; taken modulo its length.
        bit: usize,
    },
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "passes",
            Self::Drop => "is lost",
            Self::Double => "comes twice",
            Self::Delay => "comes late",
            Self::Damage { .. } => "is damaged",
        })
    }
}

/// The network.
pub(crate) struct Relay<'a> {
    room: &'a Room,
    listener: Listener,
    server: Address,
    trouble: Trouble,
    /// To which frame it happens, from 1.
    nth: usize,
    passed: usize,
    /// Superfluous copies.
    lost: usize,
    /// Whether the trouble has come.
    pub(crate) happened: bool,
    /// A client whose server is not there.
    waiting: Option<Peer>,
    link: Option<Link>,
    held: Option<(Direction, Vec<u8>)>,
    /// What rpcc has sent, and to which server.
    pub(crate) sent: Vec<(Address, Frame)>,
}

struct Link {
    client: Peer,
    server: Peer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

impl<'a> Relay<'a> {
    /// A network to the server at `server`, in which this happens to the frame `nth`.
    pub(crate) fn new(room: &'a Room, server: &Address, trouble: Trouble, nth: usize) -> Self {
        let listener = room.listen(&Address::Unix("network".into()));
        let server = server.clone();
        Self {
            room,
            listener,
            server,
            trouble,
            nth,
            passed: 0,
            lost: 0,
            happened: false,
            waiting: None,
            link: None,
            held: None,
            sent: Vec::new(),
        }
    }

    /// Where rpcc connects.
    pub(crate) fn address(&self) -> String {
        self.listener.address().to_string()
    }

    /// From now on the way leads to another server. The connection to the one before is over.
    pub(crate) fn redirect(&mut self, server: &Address) {
        self.server = server.clone();
        self.link = None;
    }

    /// Lets frames pass until `done` says so.
    #[track_caller]
    pub(crate) fn run_until(&mut self, what: &str, mut done: impl FnMut() -> bool) {
        loop {
            let mut is_done = false;
            let (room, mut moved) = (self.room, false);
            room.eventually(what, || {
                is_done = done();
                // All that there is: a network slower than the retries would only get more of them (see `lose_copies`).
                while !is_done && self.step() {
                    moved = true;
                }
                is_done || moved
            });
            if is_done {
                return;
            }
        }
    }

    /// Does one thing, if there is anything to do.
    fn step(&mut self) -> bool {
        let Some(link) = &self.link else { return self.accept() };
        let whole = |from: &Peer| length_of_first(&from.received_now()).map(|length| from.take(length));
        let has_ended = link.client.has_ended() || link.server.has_ended();
        self.lost += lose_copies(&link.client);
        assert!(
            self.lost < SUPERFLUOUS,
            "rpcc sends again and again\nexpected: it waits for an answer before it sends again\nreceived: {} copies of frames that were under way",
            self.lost
        );
        let up = whole(&link.client).map(|bytes| (Direction::Up, bytes));
        match up.or_else(|| whole(&link.server).map(|bytes| (Direction::Down, bytes))) {
            Some((direction, bytes)) => self.pass(direction, bytes),
            None if has_ended => self.close(),
            None => return false,
        }
        true
    }

    fn accept(&mut self) -> bool {
        let Some(client) = self.waiting.take().or_else(|| self.listener.try_accept()) else { return false };
        // A server that is dead refuses. Its client waits for the one that comes in its place.
        match self.room.try_connect(&self.server) {
            Ok(server) => {
                self.link = Some(Link {
                    client: client.called("the network, as a server"),
                    server: server.called("the network, as a client"),
                });
                true
            }
            Err(_) if client.has_ended() => true,
            Err(_) => {
                self.waiting = Some(client);
                false
            }
        }
    }

    fn pass(&mut self, direction: Direction, bytes: Vec<u8>) {
        self.passed += 1;
        assert!(
            self.passed < MOST,
            "rpcc sends again and again\nexpected: it comes to its end after a few frames\nreceived: {MOST} frames have passed, and it goes on"
        );
        if let (Direction::Up, Ok(frame)) = (direction, parse(&bytes)) {
            self.sent.push((self.server.clone(), frame));
        }
        if self.passed != self.nth {
            self.deliver(direction, &bytes);
            self.release(direction);
            return;
        }
        self.happened = self.trouble != Trouble::None;
        match self.trouble {
            Trouble::None => self.deliver(direction, &bytes),
            Trouble::Drop => {}
            Trouble::Double => {
                self.deliver(direction, &bytes);
                self.deliver(direction, &bytes);
            }
            Trouble::Delay => self.held = Some((direction, bytes)),
            Trouble::Damage { bit } => {
                let mut bytes = bytes;
                let bit = bit % (bytes.len() * 8);
                bytes[bit / 8] ^= 1 << (bit % 8);
                self.deliver(direction, &bytes);
            }
        }
    }

    /// What was held back in this direction comes now.
    fn release(&mut self, direction: Direction) {
        if let Some((_, bytes)) = self.held.take_if(|(held, _)| *held == direction) {
            self.deliver(direction, &bytes);
        }
    }

    fn deliver(&self, direction: Direction, bytes: &[u8]) {
        let Some(link) = &self.link else { return };
        let to = if direction == Direction::Up { &link.server } else { &link.client };
        // Whoever has closed meanwhile gets nothing more; small frames always find room.
        let _ = to.try_send(bytes);
    }

    /// The connection is over. What was held back arrives after all, and nobody waits for an answer.
    pub(crate) fn close(&mut self) {
        self.release(Direction::Up);
        self.held = None;
        self.link = None;
    }
}

/// Of equal frames that wait one behind the other only the last goes on: rpcc sends by the clock, and on a busy machine faster
/// than everybody else can answer. If all of them passed, each would be answered, and so there would be more and more.
fn lose_copies(client: &Peer) -> usize {
    let bytes = client.received_now();
    let Some(length) = length_of_first(&bytes) else { return 0 };
    let copies = bytes.chunks(length).skip(1).take_while(|next| *next == &bytes[..length]).count();
    if copies > 0 {
        let _ = client.take(copies * length);
    }
    copies
}
