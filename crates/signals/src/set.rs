//! A set of signals, for a mask or a wait: also of real-time signals, which `nix` cannot name.
#![allow(unsafe_code, reason = "sigemptyset(3) and sigaddset(3) fill memory through a pointer")]

use crate::number::Number;
use nix::sys::signal::SigSet;
use std::mem::MaybeUninit;

/// sigemptyset, sigaddset — The set of these signals.
///
/// See also: `sigsetops(3)`
#[must_use]
pub fn of<N: Into<Number>>(numbers: impl IntoIterator<Item = N>) -> SigSet {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the pointer leads to room for a set; sigemptyset only writes there.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: sigemptyset has filled all of it, and cannot fail.
    let mut set = unsafe { set.assume_init() };
    for number in numbers {
        // SAFETY: the set was initialised. The number is valid by its type: the call cannot fail, save for the two
        // signals that the C library keeps for itself, and those it does not add.
        unsafe { libc::sigaddset(&raw mut set, number.into().get()) };
    }
    // SAFETY: the set was initialised by sigemptyset, as the function demands.
    unsafe { SigSet::from_sigset_t_unchecked(set) }
}
