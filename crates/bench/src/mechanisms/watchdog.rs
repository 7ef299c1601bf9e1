//! Ends a measurement in which nothing moves any more, and tells whose it was. A side whose other side has failed may wait
//! for ever: not every mechanism has an end of file. This process measures alone, so the clock is an alarm and no thread.

#![allow(unsafe_code, reason = "sigaction(2) takes a function that runs at any moment")]

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use anyhow::Context as _;
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::alarm;

use super::channel::Mechanism;

/// Seconds that a measurement may take; it takes less than one.
const LIMIT: u32 = 60;

static MEASURED: AtomicPtr<Mechanism> = AtomicPtr::new(ptr::null_mut());

/// While it lives, the measurement is watched.
pub(super) struct Watchdog(());

impl Watchdog {
    pub(super) fn new(mechanism: &'static Mechanism) -> anyhow::Result<Self> {
        // Release: pairs with the Acquire of `end`, which reads the mechanism.
        MEASURED.store(ptr::from_ref(mechanism).cast_mut(), Ordering::Release);
        let action = SigAction::new(SigHandler::Handler(end), SaFlags::empty(), SigSet::empty());
        // SAFETY: `end` loads an atomic, writes and exits, which is allowed at any moment.
        unsafe { sigaction(Signal::SIGALRM, &action) }.context("catch SIGALRM")?;
        alarm::set(LIMIT);
        Ok(Self(()))
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        alarm::cancel();
    }
}

extern "C" fn end(_: libc::c_int) {
    // SAFETY: nothing but a reference that is valid for ever is stored there.
    if let Some(mechanism) = unsafe { MEASURED.load(Ordering::Acquire).as_ref() } {
        for part in ["error: ", mechanism.name, ": its two sides have waited for a minute\n"] {
            // SAFETY: the pointer and the length are those of one text. Nobody is left who could be told of a failure.
            unsafe { libc::write(libc::STDERR_FILENO, part.as_ptr().cast(), part.len()) };
        }
    }
    // SAFETY: it ends this process at once; the other side ends with its parent.
    unsafe { libc::_exit(5) }
}
