//! An end of a FIFO, held by the check.
//!
//! No thread reads in secret, and each call moves exactly the bytes that it is asked for: what a program has written
//! stays in the kernel, and presses back, until the check takes it. A FIFO is also a way to watch a standard output:
//! open it here for reading, then start the program with [`Cmd::stdout_to`](crate::Cmd::stdout_to) that path.

use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl, open};
use nix::poll::PollFlags;
use nix::sys::stat::Mode;
use nix::unistd::{mkfifo, read, write};
use sandbox::protocol::Verdict;

use crate::failure::{fail, or_grader_error};
use crate::handle::waiting;
use crate::held::Held;
use crate::room::{Room, last_command};
use crate::shared::Shared;
use crate::text::shown;

/// How many bytes one read takes at most.
const PIECE: usize = 64 * 1024;

/// One end of a FIFO, or both. Dropping it closes it.
pub struct FifoEnd {
    shared: Arc<Shared>,
    end: Held,
    name: String,
}

impl Room {
    /// Makes a FIFO of this name in the room, mode 0600, and gives its path.
    #[track_caller]
    pub fn fifo(&self, name: impl AsRef<Path>) -> PathBuf {
        let path = self.path(name);
        let made = mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR);
        or_grader_error(made.with_context(|| format!("make FIFO {}", path.display())));
        path
    }

    /// Opens a FIFO of the room for reading, at once: whoever waits for a reader goes on.
    #[must_use]
    #[track_caller]
    pub fn reader(&self, fifo: impl AsRef<Path>) -> FifoEnd {
        self.fifo_end(fifo.as_ref(), OFlag::O_RDONLY)
    }

    /// Opens a FIFO of the room for writing. Waits until a program has it open for reading.
    #[must_use]
    #[track_caller]
    pub fn writer(&self, fifo: impl AsRef<Path>) -> FifoEnd {
        let (path, mut opened) = (self.path(&fifo), Err(Errno::ENXIO));
        let what = format!("somebody to open {} for reading", fifo.as_ref().display());
        self.shared.wait_for_programs(&what, || {
            opened = open(&path, OFlag::O_WRONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC, Mode::empty());
            !matches!(opened, Err(Errno::ENXIO | Errno::ENOENT))
        });
        let end = or_grader_error(opened.with_context(|| format!("open {}", path.display())));
        FifoEnd {
            shared: Arc::clone(&self.shared),
            end: end.into(),
            name: fifo.as_ref().display().to_string(),
        }
    }

    /// Opens both ends of a FIFO of the room, at once. As long as it lives, nobody meets an end of file or a FIFO
    /// without a reader.
    #[must_use]
    #[track_caller]
    pub fn both_ends(&self, fifo: impl AsRef<Path>) -> FifoEnd {
        self.fifo_end(fifo.as_ref(), OFlag::O_RDWR)
    }

    #[track_caller]
    fn fifo_end(&self, fifo: &Path, how: OFlag) -> FifoEnd {
        let opened = open(&self.path(fifo), how | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC, Mode::empty());
        let name = fifo.display().to_string();
        if matches!(opened, Err(Errno::ENOENT)) {
            // It was there when the check came to this line, or the check would have waited for it.
            let wanted = "its name stays until who has made it ends";
            let text =
                format!("the FIFO {name} is gone\nexpected: {wanted}\nreceived: a program has removed it");
            fail(Verdict::Fail, last_command() + &text);
        }
        let end = or_grader_error(opened.with_context(|| format!("open {name}")));
        FifoEnd { shared: Arc::clone(&self.shared), end: end.into(), name }
    }
}

impl FifoEnd {
    /// Takes exactly the next `n` bytes.
    #[must_use]
    #[track_caller]
    pub fn take(&self, n: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(n);
        let mut ended = false;
        let what = format!("{n} bytes from {}", self.name);
        self.shared.wait_for_socket(&what, (&self.end, PollFlags::POLLIN), || {
            while bytes.len() < n && !ended {
                match self.read_some(n - bytes.len()) {
                    Some(piece) if piece.is_empty() => ended = true,
                    Some(piece) => bytes.extend_from_slice(&piece),
                    None if !self.shared.is_empty() => return false,
                    // The last one may have written before it ended.
                    None => match self.read_some(n - bytes.len()) {
                        Some(piece) if !piece.is_empty() => bytes.extend_from_slice(&piece),
                        _ => return true,
                    },
                }
            }
            true
        });
        if bytes.len() < n && !ended {
            // Nobody is left: it may have said why.
            self.shared.wait_for_programs(&what, || false);
        }
        if ended {
            // Whoever has closed it may be about to say why.
            self.shared.is_at_rest_unless(|| self.shared.is_empty());
            if self.shared.is_empty() {
                self.shared.wait_for_programs(&what, || false);
            }
            self.fail(&format!("{what}\nreceived: end of file after {}", shown(&bytes, 300)));
        }
        bytes
    }

    /// Takes the next line, and gives it without its newline.
    #[must_use]
    #[track_caller]
    pub fn line(&self) -> String {
        let mut line = Vec::new();
        loop {
            match self.take(1)[0] {
                b'\n' => return String::from_utf8_lossy(&line).into_owned(),
                byte => line.push(byte),
            }
        }
    }

    /// Takes all bytes until the last writer has closed, or no program is left.
    #[must_use]
    #[track_caller]
    pub fn rest(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let what = format!("the end of file of {}", self.name);
        self.shared.wait_for_socket(&what, (&self.end, PollFlags::POLLIN), || {
            loop {
                match self.read_some(PIECE) {
                    Some(piece) if piece.is_empty() => return true,
                    Some(piece) => bytes.extend_from_slice(&piece),
                    None => return self.shared.is_empty(),
                }
            }
        });
        bytes.extend(self.now());
        bytes
    }

    /// Takes what is there now; nothing may be.
    #[must_use]
    pub fn now(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.read_some(PIECE).filter(|piece| !piece.is_empty()) {
            bytes.extend_from_slice(&piece);
        }
        bytes
    }

    /// How many bytes are there to be taken.
    #[must_use]
    #[track_caller]
    pub fn waiting(&self) -> usize {
        or_grader_error(waiting(&self.end))
    }

    /// Sends all of `bytes`; a FIFO that nobody reads any more fails the check.
    #[track_caller]
    pub fn send(&self, bytes: impl AsRef<[u8]>) -> &Self {
        let bytes = bytes.as_ref();
        let (mut sent, mut failed) = (0, None);
        let what = format!("somebody to read from {}", self.name);
        self.shared.wait_for_socket(&what, (&self.end, PollFlags::POLLOUT), || {
            while sent < bytes.len() && failed.is_none() {
                match write(&self.end, &bytes[sent..]) {
                    Ok(count) => sent += count,
                    Err(Errno::EAGAIN) => return false,
                    Err(error) => failed = Some(error),
                }
            }
            true
        });
        if let Some(error) = failed {
            self.fail(&format!("{} is read\nreceived: {}", self.name, error.desc()));
        }
        self
    }

    /// Sends as much of `bytes` as there is room for now, and says how much that is.
    #[must_use]
    #[track_caller]
    pub fn send_now(&self, bytes: impl AsRef<[u8]>) -> usize {
        match write(&self.end, bytes.as_ref()) {
            Ok(count) => count,
            Err(Errno::EAGAIN) => 0,
            Err(error) => or_grader_error(Err(error).context("write to a FIFO")),
        }
    }

    /// Makes the FIFO hold `bytes` (a power of two, 4096 at least): `F_SETPIPE_SZ`, fcntl(2).
    #[track_caller]
    pub fn resize(&self, bytes: i32) -> &Self {
        or_grader_error(self.try_resize(bytes));
        self
    }

    fn try_resize(&self, bytes: i32) -> Result<()> {
        let size = fcntl(self.end.as_fd(), FcntlArg::F_SETPIPE_SZ(bytes)).context("resize a FIFO")?;
        anyhow::ensure!(size == bytes, "a FIFO of {bytes} bytes holds {size}");
        Ok(())
    }

    /// Up to `most` bytes; empty at end of file, `None` if there are none now. (Before the first writer has come there
    /// is no end of file either: poll(2) tells the two apart.)
    fn read_some(&self, most: usize) -> Option<Vec<u8>> {
        let mut buffer = vec![0; most.min(PIECE)];
        match read(&self.end, &mut buffer) {
            Ok(0) if !self.has_hung_up() => None,
            Ok(count) => {
                buffer.truncate(count);
                Some(buffer)
            }
            Err(_) => None,
        }
    }

    fn has_hung_up(&self) -> bool {
        let mut list = [nix::poll::PollFd::new(self.end.as_fd(), PollFlags::POLLIN)];
        let asked = nix::poll::poll(&mut list, nix::poll::PollTimeout::ZERO);
        asked.is_ok() && list[0].revents().is_some_and(|events| events.contains(PollFlags::POLLHUP))
    }

    #[track_caller]
    fn fail(&self, expected: &str) -> ! {
        fail(Verdict::Fail, format!("{}\nexpected: {expected}", self.shared.command_line()))
    }
}
