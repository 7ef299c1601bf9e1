//! A FIFO of which the check holds the write end: a file that keeps its reader waiting.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use anyhow::Context;
use nix::errno::Errno;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use sandbox::protocol::Verdict;

use crate::failure::{fail, or_grader_error};
use crate::process::Proc;
use crate::room::Room;
use crate::running::Running;
use crate::shared::Shared;

/// A FIFO in the room: fifo(7). Until [`is_read`](Self::is_read) nobody has its write end, and a reader waits in open(2).
pub struct Fifo {
    shared: Arc<Shared>,
    path: PathBuf,
    end: RefCell<Option<File>>,
}

impl Room {
    /// Makes a FIFO of this name (relative to the room), which nobody writes to.
    #[must_use]
    #[track_caller]
    pub fn fifo(&self, name: impl AsRef<Path>) -> Fifo {
        let path = self.path(name);
        let made = mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR);
        or_grader_error(made.with_context(|| format!("make FIFO {}", path.display())));
        // Whoever waits there waits for the check.
        self.shared.gates.lock().unwrap_or_else(PoisonError::into_inner).push(path.clone());
        Fifo { shared: Arc::clone(&self.shared), path, end: RefCell::default() }
    }
}

impl Fifo {
    /// Waits until somebody has opened it for reading, or waits in open(2) to do so. From then on the check holds the write
    /// end: the reader has it open, and waits for bytes.
    #[track_caller]
    pub fn is_read(&self) -> &Self {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let mut opened = Err(Errno::ENXIO);
        self.shared.wait_for_programs(&format!("a process to open the FIFO `{name}` for reading"), || {
            if opened.is_err() {
                opened = self.open();
            }
            // ENXIO: nobody reads. fifo(7)
            !matches!(opened, Err(Errno::ENXIO))
        });
        let file = or_grader_error(opened.with_context(|| format!("open FIFO {name}")));
        *self.end.borrow_mut() = Some(file);
        self
    }

    fn open(&self) -> Result<File, Errno> {
        let file = OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(&self.path);
        file.map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO)))
    }

    /// Writes to its reader, at most what an empty pipe takes (64 KiB).
    #[track_caller]
    pub fn send(&self, bytes: impl AsRef<[u8]>) -> &Self {
        let mut end = self.end.borrow_mut();
        match end.as_mut().map(|end| end.write_all(bytes.as_ref())) {
            Some(Ok(())) => self,
            Some(Err(error)) => {
                let name = self.path.file_name().unwrap_or_default().to_string_lossy();
                let text = format!("expected: the FIFO `{name}` is read\nreceived: {error}");
                fail(Verdict::Fail, format!("{}\n{text}", self.shared.command_line()))
            }
            None => fail(Verdict::GraderError, "the check writes to a FIFO before `is_read`"),
        }
    }

    /// Closes the write end: the reader sees end of file.
    pub fn close(&self) {
        drop(self.end.borrow_mut().take());
    }

    /// The processes among `program` and its descendants that have it open: whoever is still in open(2) has not.
    #[must_use]
    pub fn readers(&self, program: &Running) -> Vec<Proc> {
        let mut all = program.descendants();
        all.extend(Proc::read(program.pid()));
        let has_it_open =
            |process: &Proc| process.descriptors().iter().any(|open| Path::new(&open.target) == self.path);
        all.into_iter().filter(has_it_open).collect()
    }
}
