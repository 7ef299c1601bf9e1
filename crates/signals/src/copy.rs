//! A copy that can be asked how far it is, and stopped without leaving half a file: the self-pipe at work.
//!
//! | signal | what happens |
//! |---|---|
//! | SIGUSR1 | it says how many bytes it has copied, and goes on |
//! | SIGINT, SIGTERM, SIGHUP | it removes its draft, and ends by that very signal |
//! | SIGTSTP, SIGCONT | nothing of ours: the default stops it and lets it go on |

use crate::look;
use crate::number::Number;
use crate::self_pipe::SelfPipe;
use anyhow::{Context, Result};
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::signal::Signal;
use nix::sys::time::TimeSpec;
use nix::unistd::{getpid, read};
use std::fs::{File, OpenOptions};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// How a copy ended that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All of it is there: so many bytes.
    Done(u64),
    /// Nothing of it is there: this signal came first.
    Stopped(Signal),
}

/// Copies `from` to `to`, under another name until it is whole. `report` gets the number of bytes at each SIGUSR1.
/// Call it once: it takes the signals of the process.
///
/// # Errors
/// When a file cannot be read or written; then there is no draft left.
pub fn copy(from: &Path, to: &Path, report: impl FnMut(u64)) -> Result<Outcome> {
    // Before the draft exists: else a signal could leave it behind.
    let signals = SelfPipe::new(wanted()?)?;
    // Without O_NONBLOCK the open of a FIFO waits for a writer: a sleep in which nobody looks at the self-pipe.
    let source = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(from);
    let source = source.with_context(|| format!("open {}", from.display()))?;
    let mut draft = Draft::new(to)?;
    let outcome = draft.fill(&source, &signals, report)?;
    if matches!(outcome, Outcome::Done(_)) {
        draft.keep_as(to)?;
    }
    Ok(outcome)
}

/// Whoever starts us with a signal ignored wants it ignored: `nohup` does so, and a shell that starts us with `&`.
fn wanted() -> Result<Vec<Number>> {
    let ignored = look::at(getpid())?.ignored;
    let all = [Signal::SIGUSR1, Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP].map(Number::from);
    Ok(all.into_iter().filter(|number| !ignored.contains(number)).collect())
}

/// A file that is removed unless it is kept.
struct Draft {
    file: File,
    path: PathBuf,
    is_kept: bool,
}

impl Draft {
    fn new(to: &Path) -> Result<Self> {
        let mut path = to.as_os_str().to_owned();
        path.push(".part");
        let path = PathBuf::from(path);
        let file = OpenOptions::new().write(true).create_new(true).open(&path);
        let file = file.with_context(|| format!("make {}", path.display()))?;
        Ok(Self { file, path, is_kept: false })
    }

    /// Signals are looked at before each block: so none waits longer than one block takes.
    fn fill(&mut self, from: &File, signals: &SelfPipe, mut report: impl FnMut(u64)) -> Result<Outcome> {
        let (mut block, mut total) = (vec![0; 64 << 10], 0);
        loop {
            wait(from, signals)?;
            while let Some(number) = signals.take()? {
                match Signal::try_from(number.get()) {
                    Ok(Signal::SIGUSR1) => report(total),
                    signal => return Ok(Outcome::Stopped(signal.context("name the signal")?)),
                }
            }
            if !is_ready(from)? {
                continue;
            }
            let count = ipc_kit::retry(|| read(from, &mut block)).context("read the source")?;
            if count == 0 {
                return Ok(Outcome::Done(total));
            }
            ipc_kit::write_all(&self.file, &block[..count]).context("write the copy")?;
            total += u64::try_from(count).context("count the bytes")?;
        }
    }

    fn keep_as(mut self, to: &Path) -> Result<()> {
        self.file.sync_all().context("bring the copy to the disk")?;
        std::fs::rename(&self.path, to).with_context(|| format!("name the copy {}", to.display()))?;
        self.is_kept = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_kept {
            // Nobody else knows the name. If it fails, the name is what a user will see and can remove.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// ppoll — Sleeps until there is something to read, or a signal. The self-pipe makes them the same.
fn wait(from: &File, signals: &SelfPipe) -> Result<()> {
    let mut both = [from.as_fd(), signals.as_fd()].map(|end| PollFd::new(end, PollFlags::POLLIN));
    ipc_kit::retry(|| ppoll(&mut both, None, None)).map(drop).context("wait for the source or a signal")
}

/// A signal may have ended the wait. To read from a FIFO that nobody has opened yet would look like its end.
fn is_ready(from: &File) -> Result<bool> {
    let mut one = [PollFd::new(from.as_fd(), PollFlags::POLLIN)];
    let ready =
        ipc_kit::retry(|| ppoll(&mut one, Some(TimeSpec::new(0, 0)), None)).context("look at the source")?;
    Ok(ready > 0)
}
