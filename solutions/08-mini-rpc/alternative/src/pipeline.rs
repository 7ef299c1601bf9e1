//! Many calls under way: sent as lines come, answered in any order, printed in that of the lines.

use std::collections::VecDeque;
use std::mem;

use nix::errno::Errno;

use crate::ask::{UNKNOWN, call_of_line, line_of, status_of};
use crate::caller::{Answer, Call, check_pong, error_of, read_answer};
use crate::channel::{Channel, Heard, Stop, print};
use crate::failure::reason;
use crate::frame::{BODY_MAX, Frame, kind};
use crate::options::ClientOptions;
use crate::refusal::Refusal;

/// So many calls may be without an answer.
const WINDOW: usize = 64;

/// A call that is not printed yet.
struct Slot {
    seq: u32,
    call: Call,
    answer: Option<Answer>,
}

struct Pipeline {
    channel: Channel,
    client: u64,
    seq: u32,
    lines: u64,
    slots: VecDeque<Slot>,
    status: u8,
    /// No more lines are wanted: the input is at its end, or something is wrong.
    is_closed: bool,
    /// A line has been asked for.
    is_asked: bool,
    /// A line that is no call, told when all before it is done.
    stop: Option<Stop>,
}

/// Makes the calls of standard input, and returns the status.
///
/// # Errors
/// What ends rpcc at once.
pub fn run(options: &ClientOptions, client: u64) -> Result<u8, Stop> {
    let mut channel = Channel::new(&options.address);
    greet(&mut channel, options, client)?;
    let mut pipeline = Pipeline {
        channel,
        client,
        seq: 0,
        lines: 0,
        slots: VecDeque::new(),
        status: 0,
        is_closed: false,
        is_asked: false,
        stop: None,
    };
    pipeline.go(options)
}

fn no_connection(options: &ClientOptions, errno: Errno) -> Stop {
    Stop { status: 3, text: format!("{}: {}", options.address, reason(errno)) }
}

/// Connects, and asks for the window.
fn greet(channel: &mut Channel, options: &ClientOptions, client: u64) -> Result<(), Stop> {
    let no = |errno| no_connection(options, errno);
    channel.connect();
    loop {
        match channel.next(None, true)? {
            Heard::Connected => {
                let window = (WINDOW as u32).to_le_bytes().to_vec();
                channel.send(&Frame::new(kind::PING, client, 0, window), None);
            }
            Heard::NoConnection(errno) => return Err(no(errno)),
            Heard::Lost(None) => return Err(no(Errno::ECONNRESET)),
            Heard::Lost(Some(bad)) => return Err(Stop::bad_frame(bad)),
            Heard::Frame(frame) if (frame.client, frame.seq) == (client, 0) => match frame.kind {
                kind::PONG => return check_pong(&frame),
                kind::ERROR => {
                    let refusal = error_of(&frame)?;
                    return Err(Stop { status: status_of(&Err(refusal.clone())), text: refusal.to_string() });
                }
                _ => {}
            },
            _ => {}
        }
    }
}

impl Pipeline {
    fn go(&mut self, options: &ClientOptions) -> Result<u8, Stop> {
        loop {
            if !self.is_closed && !self.is_asked && self.open() < WINDOW {
                self.channel.want_line();
                self.is_asked = true;
            }
            if self.is_closed && self.slots.is_empty() {
                return self.stop.take().map_or(Ok(self.status), Err);
            }
            match self.channel.next(None, true)? {
                Heard::Line(line) => self.line(&line),
                Heard::EndOfInput => self.is_closed = true,
                Heard::Frame(frame) => self.answered(&frame)?,
                Heard::Lost(Some(bad)) => return Err(Stop::bad_frame(bad)),
                Heard::Lost(None) => self.lost(options),
                _ => {}
            }
            self.print()?;
        }
    }

    /// How many calls have no answer.
    fn open(&self) -> usize {
        self.slots.iter().filter(|slot| slot.answer.is_none()).count()
    }

    fn line(&mut self, line: &[u8]) {
        self.is_asked = false;
        self.lines += 1;
        match call_of_line(line, self.lines) {
            _ if self.is_closed => {}
            Err(stop) => (self.stop, self.is_closed) = (Some(stop), true),
            Ok(call) if call.body.len() > BODY_MAX => {
                self.slots.push_back(Slot { seq: 0, call, answer: Some(Err(Refusal::TOO_LARGE)) });
            }
            Ok(call) => {
                self.seq += 1;
                let frame = Frame::new(kind::CALL, self.client, self.seq, call.body.clone());
                self.channel.send(&frame, None);
                self.slots.push_back(Slot { seq: self.seq, call, answer: None });
            }
        }
    }

    fn answered(&mut self, frame: &Frame) -> Result<(), Stop> {
        let is_answer = matches!(frame.kind, kind::RESULT | kind::ERROR) && frame.client == self.client;
        let mut open = self.slots.iter_mut().filter(|slot| slot.answer.is_none());
        if let Some(slot) = open.find(|slot| is_answer && slot.seq == frame.seq) {
            slot.answer = Some(read_answer(slot.call.method, frame)?);
        }
        Ok(())
    }

    fn lost(&mut self, options: &ClientOptions) {
        let no = no_connection(options, Errno::ECONNRESET);
        if !mem::replace(&mut self.is_closed, true) && self.open() == 0 && self.status < UNKNOWN {
            // What is left of the input was never sent.
            self.stop = Some(no);
        }
        for slot in self.slots.iter_mut().filter(|slot| slot.answer.is_none()) {
            slot.answer = Some(Err(Refusal::OUTCOME_UNKNOWN));
        }
    }

    /// Prints what is next and answered, by one write.
    fn print(&mut self) -> Result<(), Stop> {
        let mut lines = Vec::new();
        while let Some(answer) = self.slots.front_mut().and_then(|slot| slot.answer.take()) {
            let Some(slot) = self.slots.pop_front() else { break };
            lines.extend(line_of(&slot.call, &answer));
            self.status = self.status.max(status_of(&answer));
        }
        print(&lines)
    }
}
