//! What if somebody cuts the file while it is mapped? Then touching the lost pages is SIGBUS. mmap(2), sigaction(2).
#![allow(unsafe_code, reason = "sigaction(2), and calls in a signal handler")]

use std::fmt::Display;

// BEGIN SOLUTION
use std::sync::OnceLock;

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// Made beforehand: a handler must not allocate.
static MESSAGE: OnceLock<Vec<u8>> = OnceLock::new();

extern "C" fn complain(_: libc::c_int) {
    if let Some(text) = MESSAGE.get() {
        // SAFETY: write(2) may be called in a handler; the bytes live for ever.
        unsafe { libc::write(2, text.as_ptr().cast(), text.len()) };
    }
    // SAFETY: _exit(2) may be called in a handler.
    unsafe { libc::_exit(4) };
}
// END SOLUTION

/// From now on a segment that is cut short ends ring with a message and status 4.
pub fn guard(what: &impl Display) {
    // BEGIN SOLUTION
    let _ = MESSAGE.set(format!("ring: {what}: truncated\n").into_bytes());
    let action = SigAction::new(SigHandler::Handler(complain), SaFlags::empty(), SigSet::empty());
    // SAFETY: the handler calls async-signal-safe functions only, and does not return.
    let done = unsafe { sigaction(Signal::SIGBUS, &action) };
    done.expect("SIGBUS may be caught");
    // END SOLUTION
    // STUB: // M6: catch SIGBUS
}
