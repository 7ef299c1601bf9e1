//! The smallest useful handler: it counts. Three atomic additions, no call, no lock.
//!
//! An atomic is the only kind of variable that a handler and the program may share: the program may be in the middle of
//! anything else when the handler runs.
#![allow(unsafe_code, reason = "installing a handler")]

use crate::action;
use crate::number::Number;
use nix::sys::signal::{SaFlags, SigSet};
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicUsize, Ordering::Relaxed};

/// How often each signal was delivered. Relaxed everywhere: each number stands for itself, nothing is published by it.
static COUNTS: [AtomicU32; 65] = [const { AtomicU32::new(0) }; 65];

/// The first signals in the order in which their handlers began.
static ORDER: [AtomicI32; 64] = [const { AtomicI32::new(0) }; 64];
static NEXT: AtomicUsize = AtomicUsize::new(0);

extern "C" fn count(number: libc::c_int) {
    if let Some(count) = usize::try_from(number).ok().and_then(|number| COUNTS.get(number)) {
        count.fetch_add(1, Relaxed);
    }
    if let Some(place) = ORDER.get(NEXT.fetch_add(1, Relaxed)) {
        place.store(number, Relaxed);
    }
}

/// sigaction — From now on this signal is counted, and has no other effect.
///
/// # Errors
/// `EINVAL`: SIGKILL and SIGSTOP cannot be caught.
pub fn start(number: impl Into<Number>, flags: SaFlags) -> nix::Result<()> {
    start_blocking(number, flags, SigSet::empty())
}

/// sigaction — The same, and `also_blocked` must wait until the handler has returned.
///
/// # Errors
/// See [`start`].
pub fn start_blocking(number: impl Into<Number>, flags: SaFlags, also_blocked: SigSet) -> nix::Result<()> {
    // SAFETY: the handler works on atomics only; it makes no call, so it cannot change errno, and it does not panic.
    unsafe { action::catch(number, count, flags, also_blocked) }
}

/// How often the handler ran for this signal, in this process.
#[must_use]
pub fn of(number: impl Into<Number>) -> u32 {
    let index = usize::try_from(number.into().get());
    index.ok().and_then(|index| COUNTS.get(index)).map_or(0, |count| count.load(Relaxed))
}

/// The signals in the order in which their handlers began, up to 64.
#[must_use]
pub fn order() -> Vec<Number> {
    let places = ORDER.iter().take(NEXT.load(Relaxed));
    places.filter_map(|place| Number::new(place.load(Relaxed))).collect()
}
