//! `gate PATH`: a request that lasts until somebody opens the FIFO. See fifo(7), open(2).

use std::fs::OpenOptions;
use std::io::Write;
// BEGIN SOLUTION
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
// END SOLUTION
use std::path::Path;
// BEGIN SOLUTION
use std::path::PathBuf;
// END SOLUTION

use anyhow::{Context, Result};
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;

/// Tells the world that somebody stands at the gate: appends this process's pid to `.NAME.reached` beside it. Given.
///
/// # Errors
/// When the file cannot be written, or PATH has no name.
pub fn announce(path: &Path) -> Result<()> {
    let name = path.file_name().context("find the gate's name")?;
    let marker = path.with_file_name(format!(".{}.reached", name.to_string_lossy()));
    let mut file = OpenOptions::new().append(true).create(true).open(marker).context("open the marker")?;
    file.write_all(format!("{}\n", std::process::id()).as_bytes()).context("write the marker")
}

/// Opens the FIFO for reading, which blocks until somebody opens it for writing, and closes it. Given, with a trap in it: if a
/// handler runs meanwhile, the open may fail with `EINTR`.
///
/// # Errors
/// What open(2) says.
pub fn pass(path: &Path) -> nix::Result<()> {
    open(path, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty()).map(drop)
}
// BEGIN SOLUTION

/// Somebody stands at a gate: a thread of this process. All signals of [`Signals`](crate::signals::Signals) are blocked in it,
/// as they are in the thread that makes it.
pub struct Visit {
    /// Brings one byte: 1 if the gate was passed.
    end: OwnedFd,
}

impl Visit {
    /// Goes to the gate.
    ///
    /// # Errors
    /// If there is no descriptor or no thread left.
    pub fn begin(path: PathBuf) -> Result<Self> {
        let (end, told) = ipc_kit::pipe().context("make a pipe")?;
        let visit = move || {
            let passed = announce(&path).is_ok() && ipc_kit::retry(|| pass(&path)).is_ok();
            // The other end lives as long as the request; at the end of the process nobody needs the news.
            let _ = ipc_kit::write_all(&told, &[u8::from(passed)]);
        };
        std::thread::Builder::new().name("gate".to_owned()).spawn(visit).context("start a thread")?;
        Ok(Self { end })
    }

    /// Whether the gate was passed: to be asked when the descriptor is readable.
    ///
    /// # Errors
    /// What read(2) says.
    pub fn has_passed(&self) -> nix::Result<bool> {
        let mut answer = [0];
        ipc_kit::retry(|| nix::unistd::read(&self.end, &mut answer))?;
        Ok(answer == [1])
    }
}

impl AsFd for Visit {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.end.as_fd()
    }
}
// END SOLUTION
