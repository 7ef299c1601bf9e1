//! Signals as data: a set of them is blocked for good and taken one by one. There is no handler in this lab. See signal(7),
//! sigwaitinfo(2), sigprocmask(2), sigaction(2).
//!
//! What is blocked is never ignored: Linux keeps it pending, also if its action is `SIG_IGN` or its default is to do nothing.
//! So a program that only takes what it has blocked changes no action, and has none to restore in its children.

#![allow(unsafe_code, reason = "real-time signals and siginfo have no safe wrapper")]

use std::convert::Infallible;
use std::mem::MaybeUninit;
use std::ptr;

use ipc_kit::retry;
use nix::errno::Errno;

use crate::names::Sig;

/// A signal that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Which one.
    pub signal: Sig,
    /// Who sent it, as `si_code` tells it.
    pub origin: Origin,
}

/// Who sends a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// sigqueue(3), with this value.
    Queue(i32),
    /// A timer of this process, with the value it was made with.
    Timer(i32),
    /// kill(2), the kernel, …: there is no value.
    Other,
}

/// A set of signals, real-time ones too.
#[derive(Clone, Copy)]
pub struct Set(libc::sigset_t);

impl Set {
    /// sigemptyset(3), sigaddset(3): these signals.
    #[must_use]
    pub fn of(signals: &[Sig]) -> Self {
        let mut set = Self::empty();
        for signal in signals {
            // SAFETY: the set was initialized by sigemptyset. A number that is no signal is refused, and every `Sig` is one.
            unsafe { libc::sigaddset(&raw mut set.0, signal.0) };
        }
        set
    }

    /// sigdelset(3): takes one away.
    pub fn remove(&mut self, signal: Sig) {
        // SAFETY: the set was initialized by sigemptyset.
        unsafe { libc::sigdelset(&raw mut self.0, signal.0) };
    }

    fn empty() -> Self {
        let mut set = MaybeUninit::uninit();
        // SAFETY: sigemptyset writes the whole set, and asks nothing of it.
        unsafe { libc::sigemptyset(set.as_mut_ptr()) };
        // SAFETY: initialized by the line above, which cannot fail.
        Self(unsafe { set.assume_init() })
    }

    /// Blocks these signals, beside those that are blocked already.
    ///
    /// # Errors
    /// None that the man page names for a right call.
    pub fn block(&self) -> nix::Result<()> {
        mask(libc::SIG_BLOCK, self)
    }

    /// Lets these signals in again. One that is pending acts before this returns.
    ///
    /// # Errors
    /// None that the man page names for a right call.
    pub fn unblock(&self) -> nix::Result<()> {
        mask(libc::SIG_UNBLOCK, self)
    }

    /// sigwaitinfo(2): sleeps until one of these (blocked) signals is pending, and takes it. The kernel gives the lowest number
    /// first, and of one real-time number the first sent.
    ///
    /// # Errors
    /// None that the man page names for a right call.
    pub fn wait(&self) -> nix::Result<Arrival> {
        retry(|| take(self, ptr::null()))
    }

    /// The same without sleeping: `None` if none is pending.
    ///
    /// # Errors
    /// None that the man page names for a right call.
    pub fn poll(&self) -> nix::Result<Option<Arrival>> {
        let now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        match retry(|| take(self, &raw const now)) {
            Err(Errno::EAGAIN) => Ok(None),
            other => other.map(Some),
        }
    }
}

/// sigtimedwait(2); without a limit, sigwaitinfo(2).
fn take(set: &Set, limit: *const libc::timespec) -> nix::Result<Arrival> {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    // SAFETY: the set is initialized; `limit` is null or a timespec that the caller owns; the kernel writes into `info` only.
    let number = unsafe { libc::sigtimedwait(&raw const set.0, info.as_mut_ptr(), limit) };
    let signal = Sig(Errno::result(number)?);
    // SAFETY: the call has succeeded, so the kernel has filled it; before that it was zero, which is a right siginfo too.
    let info = unsafe { info.assume_init() };
    let value = || {
        // SAFETY: for SI_QUEUE and SI_TIMER, the only codes this is called for, the union holds the fields with si_value.
        let value = unsafe { info.si_value() };
        // A sigval is an int or a pointer in the same bytes; the kernel copies what the sender has put there.
        int_of(value)
    };
    let origin = match info.si_code {
        libc::SI_QUEUE => Origin::Queue(value()),
        libc::SI_TIMER => Origin::Timer(value()),
        _ => Origin::Other,
    };
    Ok(Arrival { signal, origin })
}

/// The `sival_int` of a sigval: its first four bytes, on either byte order. (The type of libc has the pointer only.)
fn int_of(value: libc::sigval) -> i32 {
    let bytes = value.sival_ptr.addr().to_ne_bytes();
    i32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// The other way: a sigval whose `sival_int` is this.
#[must_use]
pub fn sigval(value: i32) -> libc::sigval {
    let mut bytes = [0; size_of::<usize>()];
    bytes[..4].copy_from_slice(&value.to_ne_bytes());
    libc::sigval { sival_ptr: ptr::without_provenance_mut(usize::from_ne_bytes(bytes)) }
}

fn mask(how: i32, set: &Set) -> nix::Result<()> {
    // SAFETY: the set is initialized, and the old mask is not asked for.
    let result = unsafe { libc::pthread_sigmask(how, &raw const set.0, ptr::null_mut()) };
    if result == 0 { Ok(()) } else { Err(Errno::from_raw(result)) }
}

/// Sets a signal's action to its default. Async-signal-safe.
///
/// # Errors
/// `EINVAL` for KILL and STOP.
pub fn set_default(signal: Sig) -> nix::Result<()> {
    act(signal, libc::SIG_DFL)
}

/// Ignores a signal.
///
/// # Errors
/// `EINVAL` for KILL and STOP.
pub fn ignore(signal: Sig) -> nix::Result<()> {
    act(signal, libc::SIG_IGN)
}

fn act(signal: Sig, action: libc::sighandler_t) -> nix::Result<()> {
    let mut new = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: all bits zero is a right sigaction: no flags, an empty mask.
    let new = unsafe { new.assume_init_mut() };
    new.sa_sigaction = action;
    // SAFETY: `new` is a whole sigaction whose action is no function; the old one is not asked for.
    Errno::result(unsafe { libc::sigaction(signal.0, new, ptr::null_mut()) }).map(drop)
}

/// Whether a signal is ignored. Asks, and changes nothing.
///
/// # Errors
/// `EINVAL` for a number that is no signal.
pub fn is_ignored(signal: Sig) -> nix::Result<bool> {
    let mut old = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: without a new action the call only writes the old one.
    Errno::result(unsafe { libc::sigaction(signal.0, ptr::null(), old.as_mut_ptr()) })?;
    // SAFETY: all bits zero was right already, and the call has filled it.
    Ok(unsafe { old.assume_init() }.sa_sigaction == libc::SIG_IGN)
}

/// Ends this process by this signal, so that whoever waits for it sees which one it was. Call it in the first thread.
///
/// # Errors
/// `EINVAL` if the signal's default does not end a process: then this comes back.
pub fn die_of(signal: Sig) -> nix::Result<Infallible> {
    set_default(signal)?;
    // SAFETY: raise has no precondition.
    Errno::result(unsafe { libc::raise(signal.0) })?;
    // If it was blocked it is pending now, and acts here.
    Set::of(&[signal]).unblock()?;
    Err(Errno::EINVAL)
}
