//! A FIFO: a pipe with a name, for processes without a common parent. See `fifo(7)`, `mkfifo(3)`, `open(2)`.

use crate::failure::Failure;
use crate::produce::Sink;
use crate::record::{Record, Sent};
use crate::stream::StreamSink;
use crate::terminate::{Hold, note_made_fifo};
use ipc_kit::retry;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl, open};
use nix::sys::stat::{FileStat, Mode, SFlag, fstat, stat};
use nix::unistd::mkfifo;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

/// Opens a FIFO for reading, and makes it if it is missing. Waits for a writer; with `--try` it neither makes
/// nor waits.
///
/// # Errors
/// What the system says; `NotAFifo`.
pub fn open_to_read(path: &Path, what: &str, try_: bool) -> Result<OwnedFd, Failure> {
    todo!("M6: make it if it is missing, open it, make sure it is a FIFO; with --try do not wait (M8)")
}

/// Opens a FIFO for reading without waiting for a writer; reads will not wait either. Makes it if it is missing.
///
/// # Errors
/// What the system says; `NotAFifo`.
pub fn open_to_poll(path: &Path, what: &str) -> Result<OwnedFd, Failure> {
    todo!("M7: make it if it is missing, open it with O_NONBLOCK, make sure it is a FIFO")
}

/// Opens a FIFO for writing, and makes it if it is missing. Waits for a reader.
///
/// # Errors
/// What the system says; `NotAFifo`.
pub fn open_to_write(path: &Path, what: &str) -> Result<OwnedFd, Failure> {
    todo!("M6: make it if it is missing, open it, make sure it is a FIFO")
}

/// Sends records into a FIFO, to one reader after the other.
#[derive(Debug)]
pub struct FifoSink {
    path: PathBuf,
    what: String,
    try_: bool,
    /// `None`: `--try`, and nobody has it open for reading.
    stream: Option<StreamSink<OwnedFd>>,
}

impl FifoSink {
    /// Opens the FIFO at `path`, and waits for a reader. `--try` neither makes it nor waits.
    ///
    /// # Errors
    /// What the system says; `NotAFifo`.
    pub fn open(path: &Path, what: String, size: usize, try_: bool) -> Result<Self, Failure> {
        todo!("M6: open the FIFO for writing; with --try no reader is no error yet (M8)")
    }
}

impl Sink for FifoSink {
    fn send(&mut self, record: &Record) -> Result<Sent, Failure> {
        todo!("M6: send it; when the reader has gone, wait for the next one and go on where you were")
    }
}
