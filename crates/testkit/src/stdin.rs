//! The check's end of a program's standard input.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use nix::fcntl::{FcntlArg, OFlag, fcntl};

use crate::shared::Shared;

/// Where the open end is kept; empty after [`close_stdin`](crate::Running::close_stdin).
pub(crate) type Slot = Mutex<Option<File>>;

/// Keeps `end` for the check. Non-blocking, so that the watchdog sees a program that does not read.
pub(crate) fn keep(end: OwnedFd) -> Result<Slot> {
    fcntl(&end, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).context("make the program's input non-blocking")?;
    Ok(Mutex::new(Some(File::from(end))))
}

/// Writes to a program's input; a program that never reads is reported as a hang.
pub struct StdinWriter<'a> {
    pub(crate) shared: &'a Arc<Shared>,
    pub(crate) slot: &'a Slot,
}

impl Write for StdinWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(end) = slot.as_mut() else {
            return Err(io::Error::new(ErrorKind::BrokenPipe, "the program's input is closed"));
        };
        let mut result = Err(ErrorKind::WouldBlock.into());
        self.shared.wait_for("the program to read its input", || {
            result = end.write(bytes);
            !result.as_ref().is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
        });
        self.shared.events.notify();
        result
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
