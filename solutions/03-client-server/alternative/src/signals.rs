//! Signals as ends of file and bytes: two pipes that handlers write to, or close. See `pipe(7)`,
//! `signal-safety(7)`.
//!
//! The *lifeline* is a pipe that nobody ever writes to. SIGTERM and SIGINT close its only write end, and
//! whoever polls the read end, in filed and in all sessions, sees the end of file at once and for ever: no such
//! signal comes between a look and a wait. The *bell* gets a byte for each SIGCHLD.

#![allow(unsafe_code, reason = "handlers, and descriptors that only a handler can own")]

use std::os::fd::{AsFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicI32, Ordering};

use ipc_kit::{pipe, retry};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::{Pid, pipe2, read};

use crate::family::ends_with;

const NONE: RawFd = -1;
/// The write end of the lifeline, until a signal has come.
static LIFELINE: AtomicI32 = AtomicI32::new(NONE);
/// The write end of the bell.
static BELL: AtomicI32 = AtomicI32::new(NONE);

const CAUGHT: [Signal; 3] = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGCHLD];

/// The read ends, in filed itself.
#[derive(Debug)]
pub struct Signals {
    lifeline: Lifeline,
    bell: OwnedFd,
}

/// The read end of the lifeline: at its end of file, filed shall end.
#[derive(Debug)]
pub struct Lifeline(OwnedFd);

impl AsFd for Lifeline {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Signals {
    /// Catches SIGTERM, SIGINT and SIGCHLD; from here on none is lost.
    ///
    /// # Errors
    /// If there are no descriptors left.
    pub fn catch() -> nix::Result<Self> {
        let (lifeline, cut_here) = pipe()?;
        let (bell, rope) = pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
        LIFELINE.store(cut_here.into_raw_fd(), Ordering::SeqCst);
        BELL.store(rope.into_raw_fd(), Ordering::SeqCst);
        handle([Signal::SIGTERM, Signal::SIGINT], SigHandler::Handler(cut_lifeline))?;
        handle([Signal::SIGCHLD], SigHandler::Handler(ring_bell))?;
        // Whoever started filed may have blocked them.
        SigSet::from_iter(CAUGHT).thread_unblock()?;
        Ok(Self { lifeline: Lifeline(lifeline), bell })
    }

    /// At its end of file, filed shall end.
    #[must_use]
    pub fn lifeline(&self) -> &Lifeline {
        &self.lifeline
    }

    /// Readable when children may have ended.
    #[must_use]
    pub fn bell(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }

    /// Takes what the bell has got until now.
    pub fn silence_bell(&self) {
        let mut bytes = [0; 64];
        // Any error means that it is silent.
        while retry(|| read(&self.bell, &mut bytes)) == Ok(bytes.len()) {}
    }

    /// For a child of filed: the lifeline stays, signals are a matter of filed alone, and no write end may be
    /// left here. `None` if filed has ended already.
    pub fn belong_to(&self, filed: Pid) -> Option<&Lifeline> {
        handle([Signal::SIGTERM, Signal::SIGINT], SigHandler::SigIgn).ok()?;
        handle([Signal::SIGCHLD], SigHandler::SigDfl).ok()?;
        for end in [&LIFELINE, &BELL] {
            let number = end.swap(NONE, Ordering::SeqCst);
            if number != NONE {
                // SAFETY: `catch` gave this descriptor away to the static, and nobody finds it there any more.
                drop(unsafe { OwnedFd::from_raw_fd(number) });
            }
        }
        ends_with(filed).then_some(&self.lifeline)
    }
}

fn handle(signals: impl IntoIterator<Item = Signal>, handler: SigHandler) -> nix::Result<()> {
    let action = SigAction::new(handler, SaFlags::SA_RESTART, SigSet::empty());
    for signal in signals {
        // SAFETY: both handlers make one system call that is async-signal-safe, and touch atomics only.
        unsafe { sigaction(signal, &action) }?;
    }
    Ok(())
}

extern "C" fn cut_lifeline(_: libc::c_int) {
    let errno = Errno::last_raw();
    let number = LIFELINE.swap(NONE, Ordering::SeqCst);
    if number != NONE {
        // SAFETY: the static owned this descriptor, and the swap has taken it out: it is closed once.
        unsafe { libc::close(number) };
    }
    Errno::set_raw(errno);
}

extern "C" fn ring_bell(_: libc::c_int) {
    let errno = Errno::last_raw();
    // If the pipe is full, the bell rings already.
    // SAFETY: the one byte is valid, and the write end stays open as long as this handler is in place.
    unsafe { libc::write(BELL.load(Ordering::SeqCst), b"!".as_ptr().cast(), 1) };
    Errno::set_raw(errno);
}
