//! One call, and what becomes of it when frames are lost: sending again, giving up.

use std::time::Instant;

use nix::errno::Errno;

use crate::channel::{Channel, Heard, Stop};
use crate::failure::reason;
use crate::frame::{BODY_MAX, Bad, Frame, kind};
use crate::interface::Method;
use crate::options::{ClientOptions, Semantics};
use crate::refusal::Refusal;
use crate::wire::Value;

/// How a call ended: a value, or an error.
pub type Answer = Result<Value, Refusal>;

/// A call that is to be made.
#[derive(Debug, Clone)]
pub struct Call {
    /// What is called.
    pub method: &'static Method,
    /// Number and arguments.
    pub body: Vec<u8>,
}

/// Why an attempt has failed.
enum Failure {
    Lost(Option<Bad>),
    Silent,
    NoConnection(Errno),
    Deadline,
    Stop(Stop),
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

/// Who calls.
#[derive(Debug)]
pub struct Caller<'a> {
    options: &'a ClientOptions,
    /// Where frames come from.
    pub channel: Channel,
    client: u64,
    seq: u32,
    /// That of this connection, if a pong told it.
    instance: Option<u64>,
    prints: bool,
}

/// What is known of one call.
struct Progress {
    /// It may have been executed.
    is_sent: bool,
    /// The instance it was sent to first.
    first: Option<u64>,
    due: Option<Instant>,
    bad: Option<Bad>,
}

impl<'a> Caller<'a> {
    /// A client that has called nothing yet.
    #[must_use]
    pub fn new(options: &'a ClientOptions, client: u64, prints: bool) -> Self {
        let channel = Channel::new(&options.address);
        Self { options, channel, client, seq: 0, instance: None, prints }
    }

    /// Makes the next call.
    ///
    /// # Errors
    /// What ends rpcc: status 3, 4, or that standard output fails.
    pub fn call(&mut self, call: &Call) -> Result<Answer, Stop> {
        if call.body.len() > BODY_MAX - if self.asks_instance() { 8 } else { 0 } {
            return Ok(Err(Refusal::TOO_LARGE));
        }
        self.seq += 1;
        let due = self.options.deadline.map(|deadline| Instant::now() + deadline);
        let mut progress = Progress { is_sent: false, first: None, due, bad: None };
        let mut left = self.options.retries;
        loop {
            let failure = match self.attempt(call, &mut progress) {
                Ok(answer) => return Ok(answer),
                Err(Failure::Stop(stop)) => return Err(stop),
                Err(Failure::Deadline) => return Ok(self.give_up_waiting(&progress)),
                Err(failure) => failure,
            };
            if let Failure::Lost(bad) = failure {
                progress.bad = bad;
            }
            let may_wait = !matches!(failure, Failure::NoConnection(_)) || self.options.retry_after.is_some();
            if left == 0 || !may_wait {
                return self.give_up(&failure, &progress);
            }
            left -= 1;
            if let Failure::NoConnection(_) = failure
                && !self.pause(due)?
            {
                return Ok(self.give_up_waiting(&progress));
            }
        }
    }

    /// At most once, and it may send again: then it has to know whom it asks.
    fn asks_instance(&self) -> bool {
        self.options.semantics == Semantics::AtMostOnce && self.options.retries > 0
    }

    fn give_up_waiting(&mut self, progress: &Progress) -> Answer {
        if progress.is_sent && self.channel.is_connected() {
            self.channel
                .send(&Frame::new(kind::CANCEL, self.client, self.seq, Vec::new()), Some(Instant::now()));
        }
        Err(Refusal::DEADLINE)
    }

    fn give_up(&self, failure: &Failure, progress: &Progress) -> Result<Answer, Stop> {
        if let Some(bad) = progress.bad {
            return Err(Stop::bad_frame(bad));
        }
        if progress.is_sent {
            return Ok(Err(Refusal::OUTCOME_UNKNOWN));
        }
        let errno = match failure {
            Failure::NoConnection(errno) => *errno,
            Failure::Silent => Errno::ETIMEDOUT,
            _ => Errno::ECONNRESET,
        };
        Err(Stop { status: 3, text: format!("{}: {}", self.options.address, reason(errno)) })
    }

    /// Waits before the next connection; false if the deadline comes first.
    fn pause(&mut self, due: Option<Instant>) -> Result<bool, Stop> {
        let end = self.options.retry_after.map(|pause| Instant::now() + pause);
        let first = earlier(end, due);
        while !matches!(self.channel.next(first, self.prints)?, Heard::Nothing) {}
        Ok(!is_over(due))
    }

    fn attempt(&mut self, call: &Call, progress: &mut Progress) -> Result<Answer, Failure> {
        progress.bad = None;
        self.connect(progress.due)?;
        if !progress.is_sent && self.asks_instance() && self.instance.is_none() {
            self.send(kind::PING, 0, 1_u32.to_le_bytes().to_vec(), progress)?;
            let pong = self.wait(0, kind::PONG, progress)?;
            if pong.kind == kind::ERROR {
                return Ok(Err(error_of(&pong)?));
            }
            self.instance = Some(instance_of(&pong)?);
        }
        let is_retry = progress.is_sent && self.options.semantics == Semantics::AtMostOnce;
        if !progress.is_sent {
            (progress.is_sent, progress.first) = (true, self.instance);
        }
        match progress.first.filter(|_| is_retry) {
            Some(first) => {
                let body = [&first.to_le_bytes()[..], &call.body].concat();
                self.send(kind::RETRY, self.seq, body, progress)?;
            }
            None => self.send(kind::CALL, self.seq, call.body.clone(), progress)?,
        }
        let answer = self.wait(self.seq, kind::RESULT, progress)?;
        Ok(read_answer(call.method, &answer)?)
    }

    fn connect(&mut self, due: Option<Instant>) -> Result<(), Failure> {
        if self.channel.is_connected() {
            return Ok(());
        }
        self.instance = None;
        self.channel.connect();
        loop {
            match self.channel.next(due, self.prints)? {
                Heard::Connected => return Ok(()),
                Heard::NoConnection(errno) => return Err(Failure::NoConnection(errno)),
                Heard::Nothing => return Err(Failure::Deadline),
                _ => {}
            }
        }
    }

    fn send(&mut self, kind: u8, seq: u32, body: Vec<u8>, progress: &Progress) -> Result<(), Failure> {
        let frame = Frame::new(kind, self.client, seq, body);
        if self.channel.send(&frame, progress.due) { Ok(()) } else { Err(Failure::Deadline) }
    }

    /// Waits for what answers `seq`: a frame of this kind, or an error.
    fn wait(&mut self, seq: u32, kind: u8, progress: &Progress) -> Result<Frame, Failure> {
        let silent = self.options.retry_after.map(|limit| Instant::now() + limit);
        let first = earlier(silent, progress.due);
        loop {
            match self.channel.next(first, self.prints)? {
                Heard::Frame(frame) => {
                    let is_answer = frame.kind == kind || frame.kind == kind::ERROR;
                    if is_answer && frame.client == self.client && frame.seq == seq {
                        return Ok(frame);
                    }
                }
                Heard::Lost(bad) => return Err(Failure::Lost(bad)),
                Heard::Nothing if is_over(progress.due) => return Err(Failure::Deadline),
                Heard::Nothing => return Err(Failure::Silent),
                _ => {}
            }
        }
    }
}

/// What an answer says.
///
/// # Errors
/// Status 4 if it says nothing that it could say.
pub fn read_answer(method: &Method, frame: &Frame) -> Result<Answer, Stop> {
    if frame.kind == kind::ERROR {
        return Ok(Err(error_of(frame)?));
    }
    let wrong = || Stop::bad_frame(format!("its body is no result of {}", method.name));
    Ok(Ok(method.result(&frame.body).ok_or_else(wrong)?))
}

/// What an error says.
///
/// # Errors
/// Status 4.
pub fn error_of(frame: &Frame) -> Result<Refusal, Stop> {
    frame.error().ok_or_else(|| Stop::bad_frame("its body is no error"))
}

fn instance_of(pong: &Frame) -> Result<u64, Stop> {
    let bytes = <[u8; 8]>::try_from(&pong.body[..]);
    bytes.map(u64::from_le_bytes).map_err(|_| Stop::bad_frame("its body is no instance"))
}

/// Checks a pong.
///
/// # Errors
/// Status 4.
pub fn check_pong(pong: &Frame) -> Result<(), Stop> {
    instance_of(pong).map(|_| ())
}

fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    one.into_iter().chain(other).min()
}

fn is_over(due: Option<Instant>) -> bool {
    due.is_some_and(|due| due <= Instant::now())
}
