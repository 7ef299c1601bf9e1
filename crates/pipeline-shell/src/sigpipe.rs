//! SIGPIPE: how the kernel tells a writer that nobody reads, and why Rust programs do not hear it.
//!
//! The default action ends the writer. Rust's start-up code ignores the signal instead, so that a write fails
//! with `EPIPE`. An *ignored* signal stays ignored over exec, so a child started by hand must undo that.
#![allow(unsafe_code, reason = "sigaction(2) can install a handler, so Rust cannot check it")]

use anyhow::{Context, Result};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// sigaction—Gives SIGPIPE its default action back: to end the process.
///
/// # Errors
/// None in practice: SIGPIPE is a valid signal whose action may be changed.
///
/// Async-signal-safe. See also: `sigaction(2)`, `signal(7)`
pub fn restore_default() -> nix::Result<()> {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: no handler is installed, so no code of ours can run at a bad moment.
    unsafe { sigaction(Signal::SIGPIPE, &default) }.map(drop)
}

/// Whether a process ignores SIGPIPE, from the text of its `/proc/PID/status`.
///
/// # Errors
/// When the text has no line `SigIgn:` with a hexadecimal mask.
///
/// See also: `proc_pid_status(5)`
pub fn is_ignored(proc_status: &str) -> Result<bool> {
    let mask = proc_status.lines().find_map(|line| line.strip_prefix("SigIgn:")).context("find SigIgn")?;
    let mask = u64::from_str_radix(mask.trim(), 16).context("read the mask of ignored signals")?;
    // Bit 0 is signal 1.
    Ok(mask & (1 << (Signal::SIGPIPE as i32 - 1)) != 0)
}
