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
        // BEGIN SOLUTION
        let last = commands.len() - 1;
        let mut statuses = Vec::new();
        let mut input = None;
        for (index, command) in commands.into_iter().enumerate() {
            let output = if index < last { Some(temporary_file().map_err(Failure::pipe)?) } else { None };
            let mut launch = Launch::new(Ground::Foreground, Ends::between(input, output), false)?;
            if let Err(failure) = self.launch_stage(&mut launch, command) {
                self.abandon(launch);
                return Err(failure);
            }
            input = launch.ends.stdout.take();
            launch.ends.close();
            let state = self.wait_in_foreground(launch.processes, None, text);
            statuses.push(state.status());
            if let State::Stopped(_) = state {
                // What it would still write, the stages behind it will never read.
                break;
            }
            rewind(input.as_ref()).map_err(Failure::pipe)?;
        }
        Ok(rightmost(statuses.into_iter().rev(), self.pipefail))
        // END SOLUTION
        // STUB: todo!("M8: run each stage by itself, with a file instead of each pipe")
    }
}

/// A file that nobody else can find: for as long as it is open, and without a name.
fn temporary_file() -> nix::Result<OwnedFd> {
    // BEGIN SOLUTION
    let directory = env::var_os("TMPDIR").filter(|name| !name.is_empty()).unwrap_or_else(|| "/tmp".into());
    let flags = OFlag::O_TMPFILE | OFlag::O_RDWR | OFlag::O_EXCL | OFlag::O_CLOEXEC;
    match open(directory.as_os_str(), flags, Mode::S_IRUSR | Mode::S_IWUSR) {
        // Not every file system can do it, and the directory may be missing: then in memory.
        Err(errno) if !is_shortage(errno) => memfd_create("psh", MFdFlags::MFD_CLOEXEC),
        result => result,
    }
    // END SOLUTION
    // STUB: todo!("M8: make a file in $TMPDIR (or /tmp) that has no name at any moment")
}
// BEGIN SOLUTION

/// Tells whether a second attempt would fail for the same reason.
fn is_shortage(errno: Errno) -> bool {
    matches!(errno, Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM)
}
// END SOLUTION

/// Goes back to the start of a file: whoever wrote it shares its offset with the next reader.
fn rewind(file: Option<&OwnedFd>) -> nix::Result<()> {
    file.map_or(Ok(()), |file| lseek(file, 0, Whence::SeekSet).map(drop))
}
