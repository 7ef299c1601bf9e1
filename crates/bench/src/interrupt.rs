//! Ctrl-C: a flag that is looked at after each measurement, so that what was made is removed. A handler sets it, and no
//! signal is blocked: a blocked one would be blocked in each program that is measured, too, because `Command` passes the
//! mask on. What is caught is at its default again after exec.

#![allow(unsafe_code, reason = "sigaction(2) takes a function that runs at any moment")]

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use nix::libc::c_int;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

static IS_ASKED: AtomicBool = AtomicBool::new(false);

/// Who started this program may have blocked SIGHUP, too.
const SIGNALS: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP];

extern "C" fn note(_: c_int) {
    // Relaxed: a lone flag, it orders nothing else.
    IS_ASKED.store(true, Ordering::Relaxed);
}

/// Turns SIGINT, SIGTERM and SIGHUP into the flag, and lets them in.
///
/// # Errors
/// When the kernel refuses.
pub fn install() -> anyhow::Result<()> {
    let action = SigAction::new(SigHandler::Handler(note), SaFlags::SA_RESTART, SigSet::empty());
    let mut set = SigSet::empty();
    for signal in SIGNALS {
        // SAFETY: `note` stores into an atomic and does nothing else, which is allowed at any moment.
        unsafe { sigaction(signal, &action) }.with_context(|| format!("catch {signal}"))?;
        set.add(signal);
    }
    set.thread_unblock().context("let the signals in")
}

/// Whether the user wants the end.
#[must_use]
pub fn is_asked() -> bool {
    IS_ASKED.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn what_is_started_has_no_signal_blocked() {
        // As by a parent that has blocked it.
        let mut blocked = SigSet::empty();
        blocked.add(Signal::SIGTERM);
        blocked.thread_block().unwrap();
        install().unwrap();
        let output = Command::new("grep").args(["SigBlk", "/proc/self/status"]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "SigBlk:\t0000000000000000\n");
    }
}
