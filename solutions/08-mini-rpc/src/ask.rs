//! The client: what shall be called, and what is printed.

// BEGIN SOLUTION
use std::io::{self, Write};

use ipc_kit::retry;
use nix::unistd::read;

// END SOLUTION
// BEGIN SOLUTION
use crate::failure::{complain, reason};
use crate::interface::{arity, encode};
use crate::options::{ClientOptions, RPCC_USAGE, Task};
use crate::refusal::Refusal;
use crate::session::{End, Session};
// END SOLUTION
// STUB: use crate::options::ClientOptions;

/// Makes the calls, and returns the exit status.
#[must_use]
pub fn run(options: &ClientOptions) -> u8 {
    // BEGIN SOLUTION
    let outcome = match &options.task {
        Task::Call(words) => one(options, words),
        Task::Lines => lines(options),
    };
    outcome.unwrap_or_else(|trouble| tell(options, &trouble))
    // END SOLUTION
    // STUB: todo!("M1: connect, send the call, wait for its answer, print the result; M7: many calls")
}
// BEGIN SOLUTION

/// Why rpcc ends before its time.
#[derive(Debug)]
enum Trouble {
    Usage,
    Line(usize),
    Random,
    End(End),
}

impl From<End> for Trouble {
    fn from(end: End) -> Self {
        Self::End(end)
    }
}

/// Says what went wrong, and gives the status for it.
fn tell(options: &ClientOptions, trouble: &Trouble) -> u8 {
    let (text, status) = match trouble {
        Trouble::Usage => (RPCC_USAGE.to_owned(), 2),
        Trouble::Line(number) => (format!("rpcc: line {number}: not a call"), 2),
        Trouble::Random => ("rpcc: no random number".to_owned(), 1),
        Trouble::End(End::Refused(refusal)) => (format!("rpcc: {refusal}"), status_of(refusal)),
        Trouble::End(End::NoConnection(reason)) => (format!("rpcc: {}: {reason}", options.address), 3),
        Trouble::End(End::BadFrame(what)) => (format!("rpcc: bad frame: {what}"), 4),
        Trouble::End(End::Stdout(error)) => {
            let errno = nix::errno::Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO));
            (format!("rpcc: stdout: {}", reason(errno)), 1)
        }
    };
    complain(&text);
    status
}

/// One call, whose result is all that is printed.
fn one(options: &ClientOptions, words: &[Vec<u8>]) -> Result<u8, Trouble> {
    let (method, body) = encode(words).ok_or(Trouble::Usage)?;
    let client = crate::random::number().map_err(|_| Trouble::Random)?;
    let answer = Session::new(options, client, |_, _| Ok(())).call(method, body)?;
    print(&answer.map_err(End::Refused)?).map_err(End::Stdout)?;
    Ok(0)
}

/// The calls of standard input, a line each.
fn lines(options: &ClientOptions) -> Result<u8, Trouble> {
    let mut input = Input::default();
    let client = crate::random::number().map_err(|_| Trouble::Random)?;
    let worst = if options.pipeline {
        crate::pipeline::run(options, client, &mut input)
    } else {
        one_by_one(options, client, &mut input)
    };
    match input.wrong {
        Some(number) => Err(Trouble::Line(number)),
        None => Ok(worst?.0),
    }
}

fn one_by_one(options: &ClientOptions, client: u64, input: &mut Input) -> Result<Worst, End> {
    let mut session = Session::new(options, client, print_change);
    let mut worst = Worst::default();
    loop {
        match input.next_call()? {
            Next::Call(method, body) => {
                let answer = session.call(method, body)?;
                worst.see(&answer);
                let mut line = Vec::new();
                put_line(&answer, &mut line);
                print(&line).map_err(End::Stdout)?;
            }
            Next::Later => {
                session.await_input()?;
                input.fill();
            }
            Next::End => return Ok(worst),
        }
    }
}

/// The status of an outcome that nobody knows.
pub(crate) const UNKNOWN: u8 = 5;

fn status_of(refusal: &Refusal) -> u8 {
    if refusal.code == Refusal::OUTCOME_UNKNOWN.code { UNKNOWN } else { 1 }
}

/// The status of many calls: the highest counts.
#[derive(Debug, Default)]
pub(crate) struct Worst(pub(crate) u8);

impl Worst {
    pub(crate) fn see(&mut self, answer: &Result<Vec<u8>, Refusal>) {
        self.0 = self.0.max(answer.as_ref().err().map_or(0, status_of));
    }
}

/// Standard input, cut into calls.
#[derive(Debug, Default)]
pub(crate) struct Input {
    bytes: Vec<u8>,
    /// So many of them are done with. They go when the next ones come, all at once: to move the rest to the front for
    /// each line would cost more than its call.
    done: usize,
    has_ended: bool,
    lines: usize,
    /// The line that is no call.
    wrong: Option<usize>,
}

/// What stands next in the input.
pub(crate) enum Next {
    Call(u16, Vec<u8>),
    /// More must come first.
    Later,
    End,
}

impl Input {
    /// Reads what is there, or its end.
    pub(crate) fn fill(&mut self) {
        let mut piece = [0; 64 * 1024];
        self.bytes.drain(..std::mem::take(&mut self.done));
        match retry(|| read(io::stdin(), &mut piece)) {
            Ok(0) | Err(_) => self.has_ended = true,
            Ok(length) => self.bytes.extend(&piece[..length]),
        }
    }

    /// The next line as a call. A line that is none ends the input.
    pub(crate) fn next_call(&mut self) -> Result<Next, End> {
        let rest = &self.bytes[self.done..];
        let line = match rest.iter().position(|&byte| byte == b'\n') {
            Some(end) => &rest[..end],
            None if !self.has_ended => return Ok(Next::Later),
            None if rest.is_empty() => return Ok(Next::End),
            None => rest,
        };
        self.lines += 1;
        self.done = self.bytes.len().min(self.done + line.len() + 1);
        match call_of(line) {
            Some((method, body)) => Ok(Next::Call(method, body)),
            None => {
                self.wrong = Some(self.lines);
                self.has_ended = true;
                self.done = self.bytes.len();
                Ok(Next::End)
            }
        }
    }
}

/// A line as a call, if it is one. The last argument is the rest of the line.
fn call_of(line: &[u8]) -> Option<(u16, Vec<u8>)> {
    let name = line.split(|&byte| byte == b' ').next().unwrap_or_default();
    let words = 1 + arity(name).unwrap_or(0);
    let words: Vec<&[u8]> = line.splitn(words, |&byte| byte == b' ').collect();
    encode(&words)
}

/// Appends `ok VALUE` or `error CODE TEXT`.
pub(crate) fn put_line(answer: &Result<Vec<u8>, Refusal>, lines: &mut Vec<u8>) {
    match answer {
        Ok(text) => {
            let value = text.strip_suffix(b"\n").unwrap_or(text);
            let blank: &[u8] = if value.is_empty() { b"" } else { b" " };
            [b"ok", blank, value, b"\n"].into_iter().for_each(|part| lines.extend(part));
        }
        Err(refusal) => lines.extend(format!("{refusal}\n").into_bytes()),
    }
}

pub(crate) fn print_change(object: u32, length: u64) -> io::Result<()> {
    print(format!("changed {object} {length}\n").as_bytes())
}

pub(crate) fn print(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout();
    stdout.write_all(bytes)?;
    stdout.flush()
}
// END SOLUTION
