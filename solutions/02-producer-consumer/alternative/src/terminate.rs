//! SIGTERM without a handler. See `signal(7)`, `sigprocmask(2)`, `signalfd(2)`, `sigwait(3)`.
//!
//! It is blocked from the first line on, so it stays pending, and who wants to know of it asks:
//!
//! - A subcommand that works alone does so in a thread, by calls that block. Meanwhile the first thread polls a
//!   signalfd(2), and never reads it: the signal stays pending, and the worker sees it there, too.
//! - A subcommand with children sleeps in sigwait(3), see [`crate::children`]. The children let the signal in.
//!
//! What it must not tear apart is done under [`begin`]. In the end the process dies of the signal itself.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::Builder;

use ipc_kit::{pipe, retry};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use crate::failure::Failure;

/// Readable as soon as SIGTERM has come.
static ASKED: OnceLock<SignalFd> = OnceLock::new();
/// Held while something is begun and not finished.
static BEGUN: Mutex<()> = Mutex::new(());

/// SIGTERM, and SIGCHLD, which is waited for together with it.
pub(crate) fn signals() -> SigSet {
    SigSet::from_iter([Signal::SIGTERM, Signal::SIGCHLD])
}

/// From now on both signals stay pending, here and in every thread that is started.
///
/// # Errors
/// As sigaction(2).
#[allow(unsafe_code, reason = "sigaction(2)")]
pub(crate) fn hold_back() -> nix::Result<()> {
    // Whoever started prodcon may have ignored them; what is ignored is never pending.
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    for signal in &signals() {
        // SAFETY: the default action calls no function of ours.
        unsafe { sigaction(signal, &default) }?;
    }
    signals().thread_block()
}

/// From now on SIGTERM ends the process, above all if it is pending.
pub(crate) fn let_in() {
    // It cannot fail: the signals exist.
    let _ = signals().thread_unblock();
}

/// Ends the process by SIGTERM, so that its parent sees what it died of.
pub(crate) fn die() -> u8 {
    let _ = raise(Signal::SIGTERM);
    let_in();
    Failure::Terminated.status()
}

/// Does `work` in a thread, and leaves it alone if SIGTERM comes first: but for what is begun, it is over then.
///
/// # Errors
/// Those of `work`; `Terminated`; what the system says.
pub(crate) fn unless_terminated(
    work: impl FnOnce() -> Result<(), Failure> + Send + 'static,
) -> Result<(), Failure> {
    let term = SigSet::from(Signal::SIGTERM);
    let asked = SignalFd::with_flags(&term, SfdFlags::SFD_CLOEXEC).map_err(Failure::on("signalfd"))?;
    let asked = ASKED.get_or_init(|| asked);
    // Nobody writes into this pipe: its end of file is the end of the work.
    let (over, at_work) = pipe().map_err(Failure::on("pipe"))?;
    let worker = start_thread(move || {
        let _at_work = at_work;
        work()
    })?;
    let mut events = [watch(asked.as_fd(), PollFlags::POLLIN), watch(over.as_fd(), PollFlags::POLLIN)];
    retry(|| poll(&mut events, PollTimeout::NONE)).map_err(Failure::on("poll"))?;
    if events[0].any() == Some(true) {
        // Never given back: the worker begins nothing more.
        std::mem::forget(begin());
        return Err(Failure::Terminated);
    }
    worker.join().unwrap_or(Err(Failure::Incomplete))
}

/// Starts a thread.
///
/// # Errors
/// As pthread_create(3).
pub(crate) fn start_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<std::thread::JoinHandle<T>, Failure> {
    Builder::new().spawn(work).map_err(|error| Failure::on("pthread_create")(errno_of(&error)))
}

/// The number in an error of the standard library.
pub(crate) fn errno_of(error: &io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or(Errno::EINVAL as i32))
}

/// While the guard lives, the process does not end by SIGTERM.
pub(crate) fn begin() -> MutexGuard<'static, ()> {
    BEGUN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// In a worker: waits until something can be written to `to`, or, if `can_wait` is false, only asks whether it can.
///
/// # Errors
/// `Terminated` if SIGTERM is pending; as poll(2).
pub(crate) fn has_room(to: BorrowedFd, can_wait: bool) -> Result<bool, Failure> {
    let Some(asked) = ASKED.get() else { return Ok(true) };
    let timeout = if can_wait { PollTimeout::NONE } else { PollTimeout::ZERO };
    let mut events = [watch(to, PollFlags::POLLOUT), watch(asked.as_fd(), PollFlags::POLLIN)];
    retry(|| poll(&mut events, timeout)).map_err(Failure::on("poll"))?;
    let [room, asked] = events.map(|event| event.any() == Some(true));
    // A reader that has gone is a reason to write, too: the write says so.
    if asked { Err(Failure::Terminated) } else { Ok(room) }
}

/// What poll is to look at.
pub(crate) fn watch(descriptor: BorrowedFd<'_>, events: PollFlags) -> PollFd<'_> {
    PollFd::new(descriptor, events)
}
