//! The self-pipe: a handler writes one byte into a pipe of its own process, and a poll loop reads it.
//!
//! ```text
//!   signal ──► handler ── 1 byte ──► [pipe] ──► poll ◄── [input]
//! ```
//!
//! So a signal becomes one more descriptor that is ready, and the work is done outside of the handler, where everything
//! is allowed. It works on every Unix; Linux has `signalfd` for the same job.
#![allow(unsafe_code, reason = "a handler, and the raw descriptor that it writes to")]

use crate::action;
use crate::number::Number;
use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::signal::{SaFlags, SigSet};
use nix::unistd::{pipe2, read};
use std::os::fd::{AsFd, BorrowedFd, IntoRawFd, OwnedFd};
use std::sync::atomic::{AtomicI32, Ordering};

/// The write end, for the handler: it gets no argument but the number. Release in [`SelfPipe::new`] pairs with Acquire
/// in [`note`], though a signal in the same thread would need neither.
static WRITE_END: AtomicI32 = AtomicI32::new(-1);

/// The read end of the pipe of this process.
#[derive(Debug)]
pub struct SelfPipe(OwnedFd);

extern "C" fn note(number: libc::c_int) {
    let errno = Errno::last_raw();
    let byte = number.to_le_bytes()[0];
    let write_end = WRITE_END.load(Ordering::Acquire);
    // SAFETY: write(2) is async-signal-safe; the pointer leads to one byte. The descriptor is never closed. When the
    // pipe is full the byte is not written, and that is well: the reader has something to wake it already.
    unsafe { libc::write(write_end, (&raw const byte).cast(), 1) };
    Errno::set_raw(errno);
}

impl SelfPipe {
    /// pipe2, sigaction — From now on these signals arrive here.
    ///
    /// The pipe is made once and for all: a handler may run late, so its descriptor is never closed.
    ///
    /// # Errors
    /// `EMFILE`: no descriptor is left. `EINVAL`: SIGKILL or SIGSTOP is among them.
    ///
    /// # Panics
    /// If it is called twice: the handler has one place to write to.
    pub fn new(numbers: impl IntoIterator<Item = impl Into<Number>>) -> Result<Self> {
        let flags = OFlag::O_CLOEXEC | OFlag::O_NONBLOCK; // The handler must never sleep, and neither must `take`.
        let (reader, writer) = pipe2(flags).context("make a pipe")?;
        let before = WRITE_END.swap(writer.into_raw_fd(), Ordering::Release);
        assert_eq!(before, -1, "one self-pipe a process");
        for number in numbers {
            let number = number.into();
            // SAFETY: the handler calls write(2) only, and keeps errno.
            unsafe { action::catch(number, note, SaFlags::SA_RESTART, SigSet::empty()) }
                .with_context(|| format!("install a handler of {number}"))?;
        }
        Ok(Self(reader))
    }

    /// read — The next signal that has arrived, if there is one.
    ///
    /// # Errors
    /// None in practice.
    pub fn take(&self) -> Result<Option<Number>> {
        let mut byte = [0];
        match ipc_kit::retry(|| read(&self.0, &mut byte)) {
            Ok(_) => Ok(Number::new(byte[0].into())),
            Err(Errno::EAGAIN) => Ok(None),
            Err(reason) => Err(reason).context("read the self-pipe"),
        }
    }
}

impl AsFd for SelfPipe {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
