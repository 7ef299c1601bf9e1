//! A file that keeps its reader waiting: a FIFO of which the check holds the write end.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use sandbox::protocol::Verdict;

use crate::failure::fail;
use crate::fifo::FifoEnd;
use crate::process::Proc;
use crate::room::Room;
use crate::running::Running;

/// A FIFO in the room, in the place of a slow file: fifo(7). Until [`is_read`](Self::is_read) nobody has its write end,
/// and a reader waits in open(2).
pub struct SlowFile<'a> {
    room: &'a Room,
    path: PathBuf,
    end: RefCell<Option<FifoEnd>>,
}

impl Room {
    /// Makes a slow file of this name (relative to the room).
    #[must_use]
    #[track_caller]
    pub fn slow_file(&self, name: impl AsRef<Path>) -> SlowFile<'_> {
        let path = self.fifo(name);
        // Whoever waits there waits for the check.
        self.shared.gates.lock().unwrap_or_else(PoisonError::into_inner).push(path.clone());
        SlowFile { room: self, path, end: RefCell::default() }
    }
}

impl SlowFile<'_> {
    /// Waits until somebody has opened it for reading, or waits in open(2) to do so. From then on the check holds the write
    /// end: the reader has it open, and waits for bytes.
    #[track_caller]
    pub fn is_read(&self) -> &Self {
        *self.end.borrow_mut() = Some(self.room.writer(&self.path));
        self
    }

    /// Writes to its reader.
    #[track_caller]
    pub fn send(&self, bytes: impl AsRef<[u8]>) -> &Self {
        match self.end.borrow().as_ref() {
            Some(end) => drop(end.send(bytes)),
            None => fail(Verdict::GraderError, "the check writes to a slow file before `is_read`"),
        }
        self
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
