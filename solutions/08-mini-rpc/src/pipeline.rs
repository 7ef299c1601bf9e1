// BEGIN SOLUTION
//! Many calls under way at once: answers are matched by their seq, and printed in the order of the calls.

use std::collections::VecDeque;

use nix::errno::Errno;

use crate::ask::{Input, Next, UNKNOWN, Worst, print, print_change, put_line};
use crate::channel::{Channel, News};
use crate::failure::reason;
use crate::frame::{BODY_MAX, Frame, kind};
use crate::interface::show;
use crate::options::ClientOptions;
use crate::refusal::Refusal;
use crate::session::{End, answer_callback, is_answer, refusal_of};
use crate::wire::{Wire, whole};

/// So many may be under way.
const WINDOW: u32 = 64;

/// What answers the ping and is none of its answers.
const NO_PONG: End = End::BadFrame("it is no pong");

/// The connection has ended, and a call was not sent.
fn lost() -> End {
    End::NoConnection(reason(Errno::ECONNRESET))
}

/// A call that is sent and not yet printed.
struct Sent {
    seq: u32,
    method: u16,
    answer: Option<Result<Vec<u8>, Refusal>>,
}

struct Pipeline {
    channel: Channel,
    client: u64,
    seq: u32,
    sent: VecDeque<Sent>,
    under_way: u32,
    worst: Worst,
    /// Lines that are printed before the next wait: many answers may have come at once.
    lines: Vec<u8>,
}

/// Makes the calls of standard input; gives the worst that happened.
pub(crate) fn run(options: &ClientOptions, client: u64, input: &mut Input) -> Result<Worst, End> {
    let channel = Channel::open(&options.address).map_err(|errno| End::NoConnection(reason(errno)))?;
    let (sent, lines) = (VecDeque::new(), Vec::new());
    let mut pipeline =
        Pipeline { channel, client, seq: 0, sent, under_way: 0, worst: Worst::default(), lines };
    let end = pipeline.run(input);
    // However it ends: what was answered is printed.
    pipeline.flush()?;
    end.map(|()| pipeline.worst)
}

impl Pipeline {
    fn run(&mut self, input: &mut Input) -> Result<(), End> {
        self.await_pong()?;
        let mut has_ended = false;
        loop {
            while self.under_way < WINDOW && !has_ended {
                match input.next_call()? {
                    Next::Call(method, body) => self.send(method, body),
                    Next::Later => break,
                    Next::End => has_ended = true,
                }
            }
            self.print();
            if has_ended && self.sent.is_empty() {
                return Ok(());
            }
            let wants_input = self.under_way < WINDOW && !has_ended;
            match self.next(wants_input)? {
                News::Frame(frame) => self.handle(&frame)?,
                News::Input => input.fill(),
                News::Bad(what) => return Err(End::BadFrame(what)),
                News::Ended | News::Time => {
                    self.lose();
                    self.print();
                    // What is left of the input was never sent.
                    let is_told = has_ended || self.worst.0 == UNKNOWN;
                    return if is_told { Ok(()) } else { Err(lost()) };
                }
            }
        }
    }

    /// What has come, or comes next. Before it waits, all calls are sent and all lines printed.
    fn next(&mut self, wants_input: bool) -> Result<News, End> {
        if let Some(news) = self.channel.there() {
            return Ok(news);
        }
        // The calls first: rpcd works on them while rpcc prints.
        self.channel.flush();
        self.flush()?;
        Ok(self.channel.next(None, wants_input))
    }

    fn await_pong(&mut self) -> Result<(), End> {
        let mut body = Vec::new();
        WINDOW.put(&mut body);
        self.channel.post(&Frame { kind: kind::PING, client: self.client, seq: 0, body });
        loop {
            match self.channel.next(None, false) {
                News::Frame(frame) if is_answer(&frame, self.client, 0) => {
                    return match frame.kind {
                        kind::PONG if whole::<u64>(&frame.body).is_some() => Ok(()),
                        kind::ERROR => Err(refusal_of(&frame.body).map_or(NO_PONG, End::Refused)),
                        _ => Err(NO_PONG),
                    };
                }
                News::Frame(_) => {}
                News::Bad(what) => return Err(End::BadFrame(what)),
                _ => return Err(lost()),
            }
        }
    }

    fn send(&mut self, method: u16, body: Vec<u8>) {
        if body.len() > BODY_MAX {
            return self.sent.push_back(Sent { seq: 0, method, answer: Some(Err(Refusal::TOO_LARGE)) });
        }
        self.seq += 1;
        self.under_way += 1;
        self.sent.push_back(Sent { seq: self.seq, method, answer: None });
        self.channel.queue(&Frame { kind: kind::CALL, client: self.client, seq: self.seq, body });
    }

    fn handle(&mut self, frame: &Frame) -> Result<(), End> {
        if frame.kind == kind::CALL {
            self.flush()?;
            return answer_callback(&mut self.channel, frame, print_change);
        }
        let waits = |sent: &&mut Sent| sent.answer.is_none() && is_answer(frame, self.client, sent.seq);
        let Some(sent) = self.sent.iter_mut().find(waits) else { return Ok(()) };
        let answer = match frame.kind {
            kind::RESULT => show(sent.method, &frame.body).map(Ok),
            _ => refusal_of(&frame.body).map(Err),
        };
        sent.answer = Some(answer.ok_or(End::BadFrame("it is no answer of this method"))?);
        self.under_way -= 1;
        Ok(())
    }

    /// The connection is over: nobody knows about the calls that have no answer.
    fn lose(&mut self) {
        for sent in &mut self.sent {
            sent.answer.get_or_insert(Err(Refusal::OUTCOME_UNKNOWN));
        }
    }

    /// Takes the answers of the first calls, as far as they are there, to be printed.
    fn print(&mut self) {
        while let Some(answer) = self.sent.front().and_then(|sent| sent.answer.as_ref()) {
            self.worst.see(answer);
            put_line(answer, &mut self.lines);
            self.sent.pop_front();
        }
    }

    fn flush(&mut self) -> Result<(), End> {
        let lines = std::mem::take(&mut self.lines);
        if lines.is_empty() { Ok(()) } else { print(&lines).map_err(End::Stdout) }
    }
}
// END SOLUTION
