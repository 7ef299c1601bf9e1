//! `--via-files`: the same pipeline through temporary files. See `open(2)` (O_TMPFILE), `unlink(2)`.
//!
//! The stages run one after the other. Between two of them the output lies in a file that has no
//! name at any moment: whatever kills psh, the kernel frees it with the last descriptor.

use crate::ends::Ends;
use crate::expand::Expanded;
use crate::failure::Failure;
use crate::launch::{Ground, Launch};
use crate::processes::rightmost;
use crate::shell::Shell;
use crate::wait::State;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::stat::Mode;
use nix::unistd::{Whence, lseek};
use std::env;
use std::os::fd::OwnedFd;

impl Shell {
    /// Runs a pipeline stage by stage and returns its status. Each stage is a process group.
    ///
    /// # Errors
    /// If there are too many open files or processes.
    pub(crate) fn run_by_files(&mut self, commands: Vec<Expanded<'_>>, text: &[u8]) -> Result<u8, Failure> {
        todo!("M8: run each stage by itself, with a file instead of each pipe")
    }
}

/// A file that nobody else can find: for as long as it is open, and without a name.
fn temporary_file() -> nix::Result<OwnedFd> {
    todo!("M8: make a file in $TMPDIR (or /tmp) that has no name at any moment")
}

/// Goes back to the start of a file: whoever wrote it shares its offset with the next reader.
fn rewind(file: Option<&OwnedFd>) -> nix::Result<()> {
    file.map_or(Ok(()), |file| lseek(file, 0, Whence::SeekSet).map(drop))
}
