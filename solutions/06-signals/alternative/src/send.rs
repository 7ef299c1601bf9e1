//! `sigcount --send`: the sender's side. See kill(2), sigqueue(3).

#![allow(unsafe_code, reason = "nix knows neither real-time signals nor sigqueue(3)")]

use nix::errno::Errno;

use crate::failure::{Failure, reason};
use crate::names::Sig;
use crate::signals::sigval;

/// Sends a plain signal, or one for each value: the first one, and so many in all.
///
/// # Errors
/// What the contract has a message for; status 3 if the receiver's queue is full.
pub fn run(pid: i32, signal: Sig, values: Option<(i32, u32)>) -> Result<u8, Failure> {
    let Some((first, count)) = values else {
        // SAFETY: kill has no precondition.
        Errno::result(unsafe { libc::kill(pid, signal.0) }).map_err(|errno| Failure::system(pid, errno))?;
        return Ok(0);
    };
    let mut value = first;
    for sent in 0..count {
        queue(pid, signal, value).map_err(|errno| refused(pid, errno, sent))?;
        // After the largest integer comes the smallest one: there is no better answer.
        value = value.wrapping_add(1);
    }
    Ok(0)
}

fn queue(pid: i32, signal: Sig, value: i32) -> nix::Result<()> {
    // SAFETY: sigqueue takes numbers only; the kernel does not look into the value.
    Errno::result(unsafe { libc::sigqueue(pid, signal.0, sigval(value)) }).map(drop)
}

fn refused(pid: i32, errno: Errno, sent: u32) -> Failure {
    match errno {
        Errno::EAGAIN => {
            Failure { text: format!("{pid}: {} after {sent} signals", reason(errno)), status: 3 }
        }
        _ => Failure::system(pid, errno),
    }
}
