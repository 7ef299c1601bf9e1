//! SIGTERM as an event that one thread waits for, and what a worker must not inherit. See `sigwait(3)`, `signal(7)`.
//!
//! Both signals are blocked in every thread, so that they stay pending until the main thread takes them. It takes the
//! lower number first: a SIGTERM that came before the end of all work is never overlooked.

#![allow(unsafe_code, reason = "sigaction(2) is unsafe because of handlers; there is none here")]

use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, kill, sigaction, sigprocmask,
};
use nix::unistd::getpid;

/// By this signal the other threads tell the main thread that all has ended.
const OVER: Signal = Signal::SIGURG;

/// What the main thread waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// SIGTERM has come.
    Termination,
    /// Somebody believes that all has ended.
    Over,
}

/// Makes SIGTERM an event. To be called before any other thread is started, because they inherit the mask.
///
/// # Errors
/// What sigprocmask(2) or sigaction(2) says.
pub fn hold() -> nix::Result<()> {
    // Where SIGCHLD is ignored, nobody can learn how a child has ended.
    set_default(Signal::SIGCHLD)?;
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&awaited()), None)
}

/// Waits for the next event.
///
/// # Errors
/// What sigwait(3) says.
pub fn wait() -> nix::Result<Event> {
    Ok(if ipc_kit::retry(|| awaited().wait())? == OVER { Event::Over } else { Event::Termination })
}

/// Makes an event.
pub fn tell_over() {
    // A process may always send a signal to itself.
    let _ = kill(getpid(), OVER);
}

fn awaited() -> SigSet {
    [Signal::SIGTERM, OVER].into_iter().collect()
}

/// No signal is blocked any more: for a worker, which inherits what the boss has blocked.
///
/// # Errors
/// What sigprocmask(2) says.
pub fn unblock_all() -> nix::Result<()> {
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)
}

/// `signal` has its default effect on this process again. Given: `crash` needs it.
///
/// # Errors
/// What sigaction(2) says.
pub fn restore(signal: Signal) -> nix::Result<()> {
    if !matches!(signal, Signal::SIGKILL | Signal::SIGSTOP) {
        set_default(signal)?;
    }
    unblock_all()
}

fn set_default(signal: Signal) -> nix::Result<()> {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: the default action runs no code of ours.
    unsafe { sigaction(signal, &default) }.map(drop)
}
