//! What a process does at a signal: a function, nothing, or the default.
//!
//! sigaction and not signal(3): its flags say whether calls are restarted and whether the handler stays; signal(3)
//! leaves both to the system.
#![allow(unsafe_code, reason = "sigaction(2) installs a handler, which Rust cannot check")]

use crate::number::Number;
use nix::errno::Errno;
use nix::sys::signal::{SaFlags, SigSet};

/// What the kernel calls. It gets the number of the signal.
pub type Handler = extern "C" fn(libc::c_int);

/// sigaction — From now on `handler` runs at this signal. While it runs, the signal and `also_blocked` are blocked
/// (the signal is not with `SA_NODEFER`).
///
/// # Errors
/// `EINVAL`: SIGKILL and SIGSTOP cannot be caught.
///
/// # Safety
/// The handler may run between any two instructions of this program. It must call only async-signal-safe functions:
/// no lock, no allocation, no `println!`. It must leave `errno` as it was, and must not panic.
///
/// See also: `sigaction(2)`, `signal-safety(7)`
pub unsafe fn catch(
    number: impl Into<Number>,
    handler: Handler,
    flags: SaFlags,
    also_blocked: SigSet,
) -> nix::Result<()> {
    set(number.into(), handler as libc::sighandler_t, flags, also_blocked)
}

/// sigaction — From now on this signal has no effect. Not even exec changes that.
///
/// # Errors
/// `EINVAL`: SIGKILL and SIGSTOP cannot be ignored.
pub fn ignore(number: impl Into<Number>) -> nix::Result<()> {
    set(number.into(), libc::SIG_IGN, SaFlags::empty(), SigSet::empty())
}

/// sigaction — Gives this signal its default action back.
///
/// # Errors
/// `EINVAL`: SIGKILL and SIGSTOP always have it, and cannot be named.
pub fn restore_default(number: impl Into<Number>) -> nix::Result<()> {
    set(number.into(), libc::SIG_DFL, SaFlags::empty(), SigSet::empty())
}

/// sigaction — The flags with which the present action was installed.
///
/// # Errors
/// None in practice: the number is valid by its type.
pub fn flags(number: impl Into<Number>) -> nix::Result<SaFlags> {
    // SAFETY: all bytes zero is a valid `sigaction`: the default action, no flags, an empty mask.
    let mut present: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: a null pointer changes nothing; the other leads to room for the answer.
    let result = unsafe { libc::sigaction(number.into().get(), std::ptr::null(), &raw mut present) };
    Errno::result(result)?;
    Ok(SaFlags::from_bits_truncate(present.sa_flags))
}

/// `what` is SIG_DFL, SIG_IGN, or the address of a handler whose caller vouches for it.
fn set(number: Number, what: libc::sighandler_t, flags: SaFlags, blocked: SigSet) -> nix::Result<()> {
    // SAFETY: as above: the fields are set one by one, because the struct has others on other machines.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = what;
    action.sa_flags = flags.bits();
    action.sa_mask = *blocked.as_ref();
    // SAFETY: the action is initialised; its function is safe in a handler, by the condition of `catch`.
    let result = unsafe { libc::sigaction(number.get(), &raw const action, std::ptr::null_mut()) };
    Errno::result(result).map(drop)
}
