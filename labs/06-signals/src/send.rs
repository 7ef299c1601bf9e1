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
    todo!("M3: kill, or sigqueue once for each value; what if the queue is full?")
}
