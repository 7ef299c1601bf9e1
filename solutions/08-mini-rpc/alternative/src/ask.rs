//! The client: what shall be called, and what is printed.

use crate::caller::{Answer, Call, Caller};
use crate::channel::{Heard, Stop, print};
use crate::failure::{complain, reason};
use crate::interface::by_name;
use crate::options::{ClientOptions, RPCC_USAGE, Task};
use crate::{pipeline, random};

/// The status of an unknown outcome.
pub const UNKNOWN: u8 = 5;

/// Makes the calls, and returns the exit status.
#[must_use]
pub fn run(options: &ClientOptions) -> u8 {
    let done = match &options.task {
        Task::Call(words) => match call_of(&words.iter().map(Vec::as_slice).collect::<Vec<_>>()) {
            Some(call) => single(options, &call),
            None => {
                complain(RPCC_USAGE);
                return 2;
            }
        },
        Task::Lines if options.pipeline => client().and_then(|client| pipeline::run(options, client)),
        Task::Lines => lines(options),
    };
    done.unwrap_or_else(|stop| {
        complain(&format!("rpcc: {}", stop.text));
        stop.status
    })
}

fn client() -> Result<u64, Stop> {
    random::number().map_err(|errno| Stop { status: 1, text: format!("random number: {}", reason(errno)) })
}

/// Method and arguments; `None` if they are no call.
fn call_of(words: &[&[u8]]) -> Option<Call> {
    let (name, words) = words.split_first()?;
    let method = by_name(name)?;
    Some(Call { method, body: method.call_of_words(words)? })
}

/// A line: the method and its arguments with one blank between them; the last argument is the rest.
///
/// # Errors
/// Status 2.
pub fn call_of_line(line: &[u8], number: u64) -> Result<Call, Stop> {
    let name = line.split(|&byte| byte == b' ').next().unwrap_or(line);
    let parts = by_name(name).map_or(1, |method| method.arity() + 1);
    let words: Vec<&[u8]> = line.splitn(parts, |&byte| byte == b' ').collect();
    call_of(&words).ok_or_else(|| Stop { status: 2, text: format!("line {number}: not a call") })
}

fn single(options: &ClientOptions, call: &Call) -> Result<u8, Stop> {
    match Caller::new(options, client()?, false).call(call)? {
        Ok(value) => print(&call.method.show(&value)).map(|()| 0),
        Err(refusal) => {
            complain(&format!("rpcc: {refusal}"));
            Ok(if refusal.code == 7 { UNKNOWN } else { 1 })
        }
    }
}

fn lines(options: &ClientOptions) -> Result<u8, Stop> {
    let mut caller = Caller::new(options, client()?, true);
    let (mut status, mut number) = (0, 0);
    loop {
        caller.channel.want_line();
        let line = loop {
            match caller.channel.next(None, true)? {
                Heard::Line(line) => break line,
                Heard::EndOfInput => return Ok(status),
                _ => {}
            }
        };
        number += 1;
        let call = call_of_line(&line, number)?;
        let answer = caller.call(&call)?;
        print(&line_of(&call, &answer))?;
        status = status.max(status_of(&answer));
        if status_of(&answer) == UNKNOWN {
            caller.channel.disconnect();
        }
    }
}

/// What an answer adds to the status at the end: the highest counts.
#[must_use]
pub fn status_of(answer: &Answer) -> u8 {
    match answer {
        Ok(_) => 0,
        Err(refusal) if refusal.code == 7 => UNKNOWN,
        Err(_) => 1,
    }
}

/// The line of an answer.
#[must_use]
pub fn line_of(call: &Call, answer: &Answer) -> Vec<u8> {
    match answer {
        Ok(value) => {
            let mut text = call.method.show(value);
            text.pop_if(|last| *last == b'\n');
            let blank: &[u8] = if text.is_empty() { b"" } else { b" " };
            [b"ok", blank, &text, b"\n"].concat()
        }
        Err(refusal) => format!("{refusal}\n").into_bytes(),
    }
}
