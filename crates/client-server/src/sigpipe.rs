//! SIGPIPE: what a program in C has, and a Rust program has not, unless it asks.
#![allow(unsafe_code, reason = "sigaction(2) can install a handler, so Rust cannot check it")]

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// sigaction—Gives SIGPIPE its default action back: to end the process. Rust's start-up code ignores the signal.
///
/// # Errors
/// None in practice: SIGPIPE is a valid signal whose action may be changed.
///
/// See also: `sigaction(2)`, `signal(7)`
pub fn restore_default() -> nix::Result<()> {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: no handler is installed, so no code of ours can run at a bad moment.
    unsafe { sigaction(Signal::SIGPIPE, &default) }.map(drop)
}
