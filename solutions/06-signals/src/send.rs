//! `sigcount --send`: the sender's side. See kill(2), sigqueue(3).

#![allow(unsafe_code, reason = "nix knows neither real-time signals nor sigqueue(3)")]

use nix::errno::Errno;

use crate::failure::{Failure, reason};
use crate::names::Sig;

/// Sends a plain signal, or one for each value: the first one, and so many in all.
///
/// # Errors
/// What the contract has a message for; status 3 if the receiver's queue is full.
pub fn run(pid: i32, signal: Sig, values: Option<(i32, u32)>) -> Result<u8, Failure> {
    // BEGIN SOLUTION
    let Some((first, count)) = values else {
        // SAFETY: kill(2) takes plain numbers.
        let sent = Errno::result(unsafe { libc::kill(pid, signal.0) });
        return sent.map(|_| 0).map_err(|errno| Failure::system(pid, errno));
    };
    for nth in 0..count {
        match queue(pid, signal, first.wrapping_add(nth.cast_signed())) {
            Ok(()) => {}
            Err(errno @ Errno::EAGAIN) => {
                let text = format!("{pid}: {} after {nth} signals", reason(errno));
                return Err(Failure { text, status: 3 });
            }
            Err(errno) => return Err(Failure::system(pid, errno)),
        }
    }
    Ok(0)
    // END SOLUTION
    // STUB: todo!("M3: kill, or sigqueue once for each value; what if the queue is full?")
}
// BEGIN SOLUTION

fn queue(pid: i32, signal: Sig, value: i32) -> nix::Result<()> {
    // The union's first four bytes are the int.
    let value = libc::sigval { sival_ptr: std::ptr::without_provenance_mut(value.cast_unsigned() as usize) };
    // SAFETY: sigqueue(3) takes numbers; the pointer is data for the receiver, and nobody follows it.
    Errno::result(unsafe { libc::sigqueue(pid, signal.0, value) }).map(drop)
}
// END SOLUTION
