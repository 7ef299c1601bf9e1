//! Taking a signal without a handler, and reading what came with it: from whom, why, and one integer.
//!
//! The signals must be blocked: else their action is taken before anybody can wait for them.
#![allow(unsafe_code, reason = "sigtimedwait(2) fills a struct that is a union inside")]

use crate::number::Number;
use nix::errno::Errno;
use nix::sys::signal::SigSet;
use nix::unistd::Pid;
use std::mem::MaybeUninit;

/// A signal that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Which.
    pub number: Number,
    /// Why: `SI_USER` from kill(2), `SI_QUEUE` from sigqueue(3), `CLD_EXITED`, `SI_KERNEL`, …
    pub code: libc::c_int,
    /// Who sent it, if the code is one of the first two: the kernel vouches for it.
    pub sender: Option<Pid>,
    /// The integer that sigqueue(3) adds.
    pub value: Option<libc::c_int>,
}

/// sigwaitinfo — Sleeps until one of these signals is pending, and takes it.
///
/// # Errors
/// `EINTR`: the handler of another signal ran.
///
/// See also: `sigwaitinfo(2)`
pub fn wait(set: &SigSet) -> nix::Result<Arrival> {
    let mut info = MaybeUninit::uninit();
    // SAFETY: the set is initialised, and the other pointer leads to room for a siginfo.
    let taken = unsafe { libc::sigwaitinfo(set.as_ref(), info.as_mut_ptr()) };
    Errno::result(taken)?;
    // SAFETY: the call succeeded, so it has filled the struct.
    Ok(read(&unsafe { info.assume_init() }))
}

/// sigtimedwait — Takes one of these signals if it is pending; does not wait.
///
/// # Errors
/// None in practice: `EAGAIN` is the answer `None`.
pub fn take(set: &SigSet) -> nix::Result<Option<Arrival>> {
    let mut info = MaybeUninit::uninit();
    let none = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: set and time are initialised, and the other pointer leads to room for a siginfo.
    let taken = unsafe { libc::sigtimedwait(set.as_ref(), info.as_mut_ptr(), &raw const none) };
    match Errno::result(taken) {
        // SAFETY: the call succeeded, so it has filled the struct.
        Ok(_) => Ok(Some(read(&unsafe { info.assume_init() }))),
        Err(Errno::EAGAIN) => Ok(None),
        Err(reason) => Err(reason),
    }
}

fn read(info: &libc::siginfo_t) -> Arrival {
    let is_sent = matches!(info.si_code, libc::SI_USER | libc::SI_QUEUE);
    // SAFETY: with these two codes the sender is the part of the union that is filled.
    let sender = is_sent.then(|| Pid::from_raw(unsafe { info.si_pid() }));
    let is_queued = info.si_code == libc::SI_QUEUE;
    // SAFETY: with this code the value is filled. C keeps the integer in the first four bytes of the pointer.
    let value = is_queued.then(|| unsafe { info.si_value() }.sival_ptr as usize as libc::c_int);
    let number = Number::new(info.si_signo).expect("the kernel sends signals that exist");
    Arrival { number, code: info.si_code, sender, value }
}
