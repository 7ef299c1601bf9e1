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
    // BEGIN SOLUTION
    let flags = if try_ { OFlag::O_RDONLY | OFlag::O_NONBLOCK } else { OFlag::O_RDONLY };
    let fifo = open_or_make(path, what, flags, !try_)?;
    // It was only for the open: a record that has been begun is waited for.
    fcntl(&fifo, FcntlArg::F_SETFL(OFlag::empty())).map_err(Failure::on(what))?;
    Ok(fifo)
    // END SOLUTION
    // STUB: todo!("M6: make it if it is missing, open it, make sure it is a FIFO; with --try do not wait (M8)")
}

/// Opens a FIFO for reading without waiting for a writer; reads will not wait either. Makes it if it is missing.
///
/// # Errors
/// What the system says; `NotAFifo`.
pub fn open_to_poll(path: &Path, what: &str) -> Result<OwnedFd, Failure> {
    // BEGIN SOLUTION
    open_or_make(path, what, OFlag::O_RDONLY | OFlag::O_NONBLOCK, true)
    // END SOLUTION
    // STUB: todo!("M7: make it if it is missing, open it with O_NONBLOCK, make sure it is a FIFO")
}

/// Opens a FIFO for writing, and makes it if it is missing. Waits for a reader.
///
/// # Errors
/// What the system says; `NotAFifo`.
pub fn open_to_write(path: &Path, what: &str) -> Result<OwnedFd, Failure> {
    // BEGIN SOLUTION
    open_or_make(path, what, OFlag::O_WRONLY, true)
    // END SOLUTION
    // STUB: todo!("M6: make it if it is missing, open it, make sure it is a FIFO")
}
// BEGIN SOLUTION

fn open_or_make(path: &Path, what: &str, flags: OFlag, make: bool) -> Result<OwnedFd, Failure> {
    loop {
        if make {
            make_if_missing(path).map_err(Failure::on(what))?;
        }
        // A folder or a socket cannot even be opened for writing.
        if stat(path).is_ok_and(|status| !is_fifo(&status)) {
            return Err(Failure::NotAFifo(what.to_owned()));
        }
        // Opening for writing changes no file that is something else: no O_CREAT, no O_TRUNC.
        match retry(|| open(path, flags | OFlag::O_CLOEXEC | OFlag::O_NOCTTY, Mode::empty())) {
            // Its maker has ended, and removed it, after we found it.
            Err(Errno::ENOENT) if make => {}
            opened => return opened.map_err(Failure::on(what)).and_then(|fifo| only_fifo(fifo, what)),
        }
    }
}

fn make_if_missing(path: &Path) -> nix::Result<()> {
    // SIGTERM between the making and the note would leave the name behind.
    let _hold = Hold::new()?;
    match mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR) {
        Ok(()) => {
            note_made_fifo(path, &stat(path)?);
            Ok(())
        }
        Err(Errno::EEXIST) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// Between stat and open the name may have become another one's.
fn only_fifo(opened: OwnedFd, what: &str) -> Result<OwnedFd, Failure> {
    match fstat(&opened) {
        Ok(status) if is_fifo(&status) => Ok(opened),
        Ok(_) => Err(Failure::NotAFifo(what.to_owned())),
        Err(errno) => Err(Failure::on(what)(errno)),
    }
}

fn is_fifo(status: &FileStat) -> bool {
    SFlag::from_bits_truncate(status.st_mode) & SFlag::S_IFMT == SFlag::S_IFIFO
}
// END SOLUTION

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
        // BEGIN SOLUTION
        let fifo = if try_ { open_now(path, &what)? } else { Some(open_to_write(path, &what)?) };
        let stream = fifo.map(|fifo| StreamSink::new(fifo, what.clone(), size, try_)).transpose()?;
        Ok(Self { path: path.to_owned(), what, try_, stream })
        // END SOLUTION
        // STUB: todo!("M6: open the FIFO for writing; with --try no reader is no error yet (M8)")
    }
}
// BEGIN SOLUTION

/// Opens for writing if somebody reads.
fn open_now(path: &Path, what: &str) -> Result<Option<OwnedFd>, Failure> {
    match open_or_make(path, what, OFlag::O_WRONLY | OFlag::O_NONBLOCK, false) {
        Ok(fifo) => {
            fcntl(&fifo, FcntlArg::F_SETFL(OFlag::empty())).map_err(Failure::on(what))?;
            Ok(Some(fifo))
        }
        Err(Failure::System { errno: Errno::ENXIO, .. }) => Ok(None),
        Err(failure) => Err(failure),
    }
}
// END SOLUTION

impl Sink for FifoSink {
    fn send(&mut self, record: &Record) -> Result<Sent, Failure> {
        // BEGIN SOLUTION
        let mut sent = 0;
        loop {
            let Some(stream) = &mut self.stream else { return Ok(Sent::Full) };
            match stream.send_rest(record, &mut sent) {
                Err(Errno::EPIPE) if self.try_ && sent == 0 => return Ok(Sent::Full),
                // The old descriptor keeps alive what is in the FIFO until the next reader has come.
                Err(Errno::EPIPE) => stream.replace(&mut sent, || open_to_write(&self.path, &self.what))?,
                other => return other.map_err(Failure::on(&self.what)),
            }
        }
        // END SOLUTION
        // STUB: todo!("M6: send it; when the reader has gone, wait for the next one and go on where you were")
    }
    // BEGIN SOLUTION

    fn together(&self, size: usize) -> u32 {
        self.stream.as_ref().map_or(1, |stream| stream.together(size))
    }
    // END SOLUTION
}
