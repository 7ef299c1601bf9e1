// BEGIN SOLUTION
//! One call after the other, each of them with the semantics that was asked for.

use std::time::Instant;

use nix::errno::Errno;

use crate::channel::{Channel, News, pause};
use crate::failure::reason;
use crate::frame::{BODY_MAX, Frame, kind};
use crate::interface::{CHANGED, show};
use crate::options::{ClientOptions, Semantics};
use crate::refusal::Refusal;
use crate::wire::{Wire, whole};

/// Why rpcc cannot go on.
#[derive(Debug)]
pub(crate) enum End {
    /// Status 3: nobody is there, and the call was not sent.
    NoConnection(String),
    /// Status 4.
    BadFrame(&'static str),
    /// Status 1 or 5: an error where nothing else can be printed.
    Refused(Refusal),
    /// Status 1: the output has no way out.
    Stdout(std::io::Error),
}

/// Who prints a callback: the object and the new length.
pub(crate) type OnChange = fn(u32, u64) -> std::io::Result<()>;

pub(crate) struct Session<'a> {
    options: &'a ClientOptions,
    client: u64,
    seq: u32,
    channel: Option<Channel>,
    on_change: OnChange,
}

/// A call on its way.
struct Call {
    method: u16,
    body: Vec<u8>,
    /// Sent once at least; to the rpcd of this instance, if that is known.
    sent: Option<Option<u64>>,
    deadline: Option<Instant>,
}

/// What an attempt comes to.
enum Attempt {
    /// The answer: what is printed, or why there is nothing.
    Answer(Result<Vec<u8>, Refusal>),
    Failed(Cause),
}

/// Why an attempt has failed.
enum Cause {
    Connect(Errno),
    Ended,
    Bad(&'static str),
    Time,
}

impl<'a> Session<'a> {
    pub(crate) fn new(options: &'a ClientOptions, client: u64, on_change: OnChange) -> Self {
        Self { options, client, seq: 0, channel: None, on_change }
    }

    /// Makes a call: the result as text, or why there is none.
    pub(crate) fn call(&mut self, method: u16, body: Vec<u8>) -> Result<Result<Vec<u8>, Refusal>, End> {
        // The longest frame of a call is its retry, which has an instance.
        if body.len() > if self.asks() { BODY_MAX - 8 } else { BODY_MAX } {
            return Ok(Err(Refusal::TOO_LARGE));
        }
        self.seq += 1;
        let deadline = self.options.deadline.map(|deadline| Instant::now() + deadline);
        let mut call = Call { method, body, sent: None, deadline };
        let mut left = self.options.retries;
        loop {
            let cause = match self.attempt(&mut call)? {
                Attempt::Answer(answer) => return Ok(answer),
                Attempt::Failed(cause) => cause,
            };
            if !matches!(cause, Cause::Time) {
                self.channel = None;
            }
            if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return Ok(Err(self.give_up_at_the_deadline(&call)));
            }
            let may_connect = !matches!(cause, Cause::Connect(_)) || self.options.retry_after.is_some();
            if left == 0 || !may_connect {
                return self.give_up(&call, &cause);
            }
            left -= 1;
            if let (Cause::Connect(_), Some(after)) = (&cause, self.options.retry_after) {
                let until = Instant::now() + after;
                pause(deadline.map_or(until, |deadline| until.min(deadline)));
            }
        }
    }

    fn attempt(&mut self, call: &mut Call) -> Result<Attempt, End> {
        if self.channel.is_none() {
            match Channel::open(&self.options.address) {
                Ok(channel) => self.channel = Some(channel),
                Err(errno) => return Ok(Attempt::Failed(Cause::Connect(errno))),
            }
        }
        if self.asks() && call.sent.is_none() && self.instance().is_none() {
            let mut body = Vec::new();
            1_u32.put(&mut body);
            self.post(kind::PING, 0, body);
            if let Some(attempt) = self.pong(call)? {
                return Ok(attempt);
            }
        }
        match call.sent {
            // Only the server that may have executed it can tell.
            Some(Some(instance)) if self.asks() => {
                let mut body = Vec::new();
                instance.put(&mut body);
                body.extend(&call.body);
                self.post(kind::RETRY, self.seq, body);
            }
            _ => {
                call.sent = Some(self.instance());
                self.post(kind::CALL, self.seq, call.body.clone());
            }
        }
        self.answer(call)
    }

    /// At most once, and it may send again: then it must know whom it asks.
    fn asks(&self) -> bool {
        self.options.semantics == Semantics::AtMostOnce && self.options.retries > 0
    }

    fn instance(&self) -> Option<u64> {
        self.channel.as_ref().and_then(|channel| channel.instance)
    }

    fn post(&mut self, kind: u8, seq: u32, body: Vec<u8>) {
        if let Some(channel) = &mut self.channel {
            channel.post(&Frame { kind, client: self.client, seq, body });
        }
    }

    /// Waits for the pong; `None` if it has come.
    fn pong(&mut self, call: &Call) -> Result<Option<Attempt>, End> {
        let instance = match self.await_answer(0, call)? {
            Ok(Frame { kind: kind::PONG, body, .. }) => whole::<u64>(&body),
            Ok(Frame { kind: kind::ERROR, body, .. }) => return refused(&body).map(Some),
            Ok(_) => None,
            Err(cause) => return Ok(Some(Attempt::Failed(cause))),
        };
        match (instance, &mut self.channel) {
            (Some(instance), Some(channel)) => channel.instance = Some(instance),
            _ => return Err(End::BadFrame("it is no pong")),
        }
        Ok(None)
    }

    fn answer(&mut self, call: &Call) -> Result<Attempt, End> {
        Ok(match self.await_answer(self.seq, call)? {
            Ok(Frame { kind: kind::RESULT, body, .. }) => match show(call.method, &body) {
                Some(text) => Attempt::Answer(Ok(text)),
                None => return Err(End::BadFrame("it is no result of this method")),
            },
            Ok(Frame { body, .. }) => refused(&body)?,
            Err(cause) => Attempt::Failed(cause),
        })
    }

    /// Waits for the frame that answers `seq`. Callbacks are answered meanwhile.
    fn await_answer(&mut self, seq: u32, call: &Call) -> Result<Result<Frame, Cause>, End> {
        let again = self.options.retry_after.map(|after| Instant::now() + after);
        let until = [again, call.deadline].into_iter().flatten().min();
        loop {
            match self.next(until, false)? {
                News::Frame(frame) if is_answer(&frame, self.client, seq) => return Ok(Ok(frame)),
                News::Frame(_) => {}
                News::Ended => return Ok(Err(Cause::Ended)),
                News::Bad(what) => return Ok(Err(Cause::Bad(what))),
                News::Time | News::Input => return Ok(Err(Cause::Time)),
            }
        }
    }

    /// What comes next over the connection; callbacks are answered here.
    pub(crate) fn next(&mut self, until: Option<Instant>, input: bool) -> Result<News, End> {
        loop {
            let Some(channel) = &mut self.channel else { return Ok(News::Ended) };
            match channel.next(until, input) {
                News::Frame(frame) if frame.kind == kind::CALL => {
                    answer_callback(channel, &frame, self.on_change)?;
                }
                other => return Ok(other),
            }
        }
    }

    /// Waits until standard input has something. What comes from rpcd meanwhile is dealt with.
    pub(crate) fn await_input(&mut self) -> Result<(), End> {
        while self.channel.is_some() {
            match self.next(None, true)? {
                News::Input => return Ok(()),
                News::Ended | News::Bad(_) => self.channel = None,
                News::Frame(_) | News::Time => {}
            }
        }
        Ok(())
    }

    fn give_up_at_the_deadline(&mut self, call: &Call) -> Refusal {
        if call.sent.is_some() {
            self.post(kind::CANCEL, self.seq, Vec::new());
        }
        Refusal::DEADLINE
    }

    fn give_up(&mut self, call: &Call, cause: &Cause) -> Result<Result<Vec<u8>, Refusal>, End> {
        // Whatever comes late belongs to nobody.
        self.channel = None;
        let errno = match cause {
            Cause::Bad(what) => return Err(End::BadFrame(what)),
            _ if call.sent.is_some() => return Ok(Err(Refusal::OUTCOME_UNKNOWN)),
            Cause::Connect(errno) => *errno,
            Cause::Ended => Errno::ECONNRESET,
            Cause::Time => Errno::ETIMEDOUT,
        };
        Err(End::NoConnection(reason(errno)))
    }
}

/// Whether a frame answers this seq.
pub(crate) fn is_answer(frame: &Frame, client: u64, seq: u32) -> bool {
    let fits = if seq == 0 { frame.kind == kind::PONG } else { frame.kind == kind::RESULT };
    (fits || frame.kind == kind::ERROR) && frame.client == client && frame.seq == seq
}

/// An error frame as a refusal; `None` if its body is none.
pub(crate) fn refusal_of(mut body: &[u8]) -> Option<Refusal> {
    let code = u16::take(&mut body)?;
    let text = whole::<String>(body)?;
    Some(Refusal { code, text: text.into() })
}

fn refused(body: &[u8]) -> Result<Attempt, End> {
    refusal_of(body).map(|refusal| Attempt::Answer(Err(refusal))).ok_or(End::BadFrame("it is no error"))
}

/// rpcd calls back: the answer is empty, and comes at once.
pub(crate) fn answer_callback(channel: &mut Channel, call: &Frame, on_change: OnChange) -> Result<(), End> {
    let mut body = call.body.as_slice();
    let arguments = (u16::take(&mut body) == Some(CHANGED))
        .then(|| Some((u32::take(&mut body)?, whole::<u64>(body)?)))
        .flatten();
    let (client, seq) = (call.client, call.seq);
    match arguments {
        Some((object, length)) => {
            on_change(object, length).map_err(End::Stdout)?;
            channel.post(&Frame { kind: kind::RESULT, client, seq, body: Vec::new() });
            Ok(())
        }
        None => {
            channel.post(&Frame::refusal(client, seq, &Refusal::UNKNOWN_METHOD));
            Ok(())
        }
    }
}
// END SOLUTION
