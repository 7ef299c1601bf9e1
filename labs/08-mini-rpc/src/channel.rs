//! What rpcc hears: a thread connects and receives, another reads lines, and one queue brings all of it to the caller.
//!
//! Whoever takes from the queue answers callbacks on the way. So they are answered wherever rpcc waits.

use std::io::{self, BufRead};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use ipc_kit::{retry, write_all};
use nix::errno::Errno;
use nix::sys::socket::sockopt::SendTimeout;
use nix::sys::socket::{MsgFlags, Shutdown, send, setsockopt, shutdown};
use nix::sys::time::{TimeVal, TimeValLike};

use crate::address::Address;
use crate::failure::reason;
use crate::frame::{Bad, Frame, kind};
use crate::inbox::Inbox;
use crate::interface::CHANGED;
use crate::listen::connect_to;
use crate::refusal::Refusal;
use crate::wire::{Value, chunk};

/// Why rpcc ends now: its status, and what it says.
#[derive(Debug)]
pub struct Stop {
    /// The exit status.
    pub status: u8,
    /// What stands behind `rpcc: `.
    pub text: String,
}

impl Stop {
    /// Status 4.
    pub fn bad_frame(what: impl std::fmt::Display) -> Self {
        Self { status: 4, text: format!("bad frame: {what}") }
    }
}

/// What the threads tell, with the number of the connection.
#[derive(Debug)]
enum Event {
    Connected(u64, Arc<OwnedFd>),
    NoConnection(u64, Errno),
    Frame(u64, Frame),
    Lost(u64, Option<Bad>),
    Line(Vec<u8>),
    EndOfInput(Option<io::Error>),
}

/// What the caller hears.
#[derive(Debug)]
pub enum Heard {
    /// The connection is there.
    Connected,
    /// It could not be made.
    NoConnection(Errno),
    /// A frame that is no callback.
    Frame(Frame),
    /// The connection has ended, or brought what is no frame.
    Lost(Option<Bad>),
    /// A line of standard input.
    Line(Vec<u8>),
    /// There are no more.
    EndOfInput,
    /// Nothing came in time.
    Nothing,
}

/// A connection.
#[derive(Debug)]
struct Link {
    id: u64,
    socket: Arc<OwnedFd>,
}

/// See the head of this file.
#[derive(Debug)]
pub struct Channel {
    address: Address,
    queue: Receiver<Event>,
    sender: Sender<Event>,
    link: Option<Link>,
    latest: u64,
    demand: Option<Sender<()>>,
}

impl Channel {
    /// Not yet connected.
    #[must_use]
    pub fn new(address: &Address) -> Self {
        let (sender, queue) = channel();
        Self { address: address.clone(), queue, sender, link: None, latest: 0, demand: None }
    }

    /// Begins to connect: `Connected` or `NoConnection` will be heard.
    pub fn connect(&mut self) {
        self.disconnect();
        self.latest += 1;
        let (id, address, sender) = (self.latest, self.address.clone(), self.sender.clone());
        thread::spawn(move || receive(id, &address, &sender));
    }

    /// Ends the connection.
    pub fn disconnect(&mut self) {
        if let Some(link) = self.link.take() {
            // ENOTCONN: the server was faster.
            let _ = shutdown(link.socket.as_raw_fd(), Shutdown::Both);
        }
    }

    /// Whether there is a connection, as far as it is known.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.link.is_some()
    }

    /// Sends a frame. That nobody takes it any more is heard as `Lost`. False if it could not be sent in time.
    pub fn send(&mut self, frame: &Frame, due: Option<Instant>) -> bool {
        let Some(link) = &self.link else { return true };
        let bytes = frame.encode();
        let mut sent = 0;
        while sent < bytes.len() {
            if let Some(due) = due {
                let left = due.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
                let left = TimeVal::microseconds(i64::try_from(left.as_micros()).unwrap_or(i64::MAX));
                // Without the limit it takes longer, and is right.
                let _ = setsockopt(&*link.socket, SendTimeout, &left);
            }
            match retry(|| send(link.socket.as_raw_fd(), &bytes[sent..], MsgFlags::MSG_NOSIGNAL)) {
                Ok(count) => sent += count,
                Err(Errno::EAGAIN) if due.is_some_and(|due| due <= Instant::now()) => {
                    // Half a frame is there: nothing else can follow it.
                    self.disconnect();
                    return false;
                }
                Err(Errno::EAGAIN) => {}
                // What came before is still received, then the end.
                Err(_) => return true,
            }
        }
        true
    }

    /// Asks for one line: `Line` or `EndOfInput` will be heard.
    pub fn want_line(&mut self) {
        let sender = &self.sender;
        let demand = self.demand.get_or_insert_with(|| {
            let (demand, wanted) = channel();
            let sender = sender.clone();
            thread::spawn(move || read_lines(&wanted, &sender));
            demand
        });
        // If the reader has ended, it has told so.
        let _ = demand.send(());
    }

    /// Waits for the next event; `prints` says whether callbacks are printed.
    ///
    /// # Errors
    /// If standard input or output fail.
    pub fn next(&mut self, due: Option<Instant>, prints: bool) -> Result<Heard, Stop> {
        loop {
            let event = match due {
                Some(due) => self.queue.recv_timeout(due.saturating_duration_since(Instant::now())),
                // We hold a sender ourselves: the queue never ends.
                None => self.queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            let Ok(event) = event else { return Ok(Heard::Nothing) };
            if let Some(heard) = self.sort(event, prints)? {
                return Ok(heard);
            }
        }
    }

    fn sort(&mut self, event: Event, prints: bool) -> Result<Option<Heard>, Stop> {
        Ok(match event {
            Event::Connected(id, socket) if id == self.latest => {
                self.link = Some(Link { id, socket });
                Some(Heard::Connected)
            }
            Event::NoConnection(id, errno) if id == self.latest => Some(Heard::NoConnection(errno)),
            Event::Frame(id, frame) if self.is_current(id) => {
                if frame.kind == kind::CALL {
                    self.answer(&frame, prints)?;
                    None
                } else {
                    Some(Heard::Frame(frame))
                }
            }
            Event::Lost(id, bad) if self.is_current(id) => {
                self.disconnect();
                Some(Heard::Lost(bad))
            }
            Event::Line(line) => Some(Heard::Line(line)),
            Event::EndOfInput(None) => Some(Heard::EndOfInput),
            Event::EndOfInput(Some(error)) => {
                let errno = Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO));
                return Err(Stop { status: 1, text: format!("stdin: {}", reason(errno)) });
            }
            _ => None,
        })
    }

    fn is_current(&self, id: u64) -> bool {
        self.link.as_ref().is_some_and(|link| link.id == id)
    }

    /// rpcc as a server of one method.
    fn answer(&mut self, call: &Frame, prints: bool) -> Result<(), Stop> {
        let mut body = &call.body[..];
        let number = chunk(&mut body).map(u16::from_le_bytes);
        let outcome = match number {
            None => Err(Refusal::BAD_ARGUMENTS),
            Some(number) if number != CHANGED.number => Err(Refusal::UNKNOWN_METHOD),
            Some(_) => CHANGED.arguments(body).ok_or(Refusal::BAD_ARGUMENTS),
        };
        let answer = match outcome {
            Ok(values) => {
                if prints {
                    let words: Vec<Vec<u8>> = values.iter().map(Value::text).collect();
                    print(&[b"changed ", &words.join(&b' ')[..], b"\n"].concat())?;
                }
                Frame::new(kind::RESULT, call.client, call.seq, Vec::new())
            }
            Err(refusal) => Frame::refusal(call.client, call.seq, &refusal),
        };
        self.send(&answer, None);
        Ok(())
    }
}

/// Writes to standard output, by one system call if it takes all.
///
/// # Errors
/// Status 1.
pub fn print(bytes: &[u8]) -> Result<(), Stop> {
    write_all(io::stdout(), bytes)
        .map_err(|errno| Stop { status: 1, text: format!("stdout: {}", reason(errno)) })
}

/// The thread of a connection. If nobody takes from the queue, rpcc ends: then it may end, too.
fn receive(id: u64, address: &Address, queue: &Sender<Event>) {
    let socket = match connect_to(address) {
        Ok(socket) => Arc::new(socket),
        Err(errno) => {
            let _ = queue.send(Event::NoConnection(id, errno));
            return;
        }
    };
    let _ = queue.send(Event::Connected(id, Arc::clone(&socket)));
    let mut inbox = Inbox::default();
    let bad = loop {
        match inbox.frame() {
            Ok(Some(frame)) => {
                let _ = queue.send(Event::Frame(id, frame));
            }
            Ok(None) => match inbox.receive(&*socket) {
                Ok(0) | Err(_) => break None,
                Ok(_) => {}
            },
            Err(bad) => break Some(bad),
        }
    };
    let _ = queue.send(Event::Lost(id, bad));
}

/// The thread of standard input: a line for each wish.
fn read_lines(wanted: &Receiver<()>, queue: &Sender<Event>) {
    let mut input = io::stdin().lock();
    while wanted.recv().is_ok() {
        let mut line = Vec::new();
        let event = match input.read_until(b'\n', &mut line) {
            Ok(0) => Event::EndOfInput(None),
            Ok(_) => {
                line.pop_if(|last| *last == b'\n');
                Event::Line(line)
            }
            Err(error) => Event::EndOfInput(Some(error)),
        };
        let _ = queue.send(event);
    }
}
