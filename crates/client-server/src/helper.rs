//! A helper process that reads files, so that the server's loop does not: AMPED, the asymmetric multi-process
//! event-driven server.
//!
//! poll cannot wait for a disk: it calls every regular file "ready", and the read then sleeps as long as the disk
//! takes. So the loop sends the file's name to a helper and polls the helper's socket, beside everything else.
//!
//! ```text
//!   loop ──"name"──► [seqpacket] ──► helper: open, read (may sleep long)
//!   poll ◄─ answer ─ [seqpacket] ◄── helper
//! ```
//!
//! A seqpacket socket keeps the boundaries: one message is one request, and one message is its answer.

use crate::background::Background;
use crate::connect;
use anyhow::{Context, Result, bail, ensure};
use ipc_kit::retry;
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, SockType, recv, send};
use nix::unistd::Pid;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The most bytes of a file that one answer carries.
pub const FILE_LIMIT: usize = 32 << 10;

/// The longest name of a file, in bytes: PATH_MAX without its NUL.
const NAME_LIMIT: usize = 4095;

/// One helper. It is killed when this is dropped, also when it sleeps in a read that never ends.
#[derive(Debug)]
pub struct Helper {
    process: Background,
    socket: OwnedFd,
}

impl Helper {
    /// Starts a helper. Do so before the server has clients: the helper inherits copies of all descriptors, and a
    /// copy of a client's socket would keep that connection open after the server closed it.
    ///
    /// # Errors
    /// See [`Background::run`].
    pub fn start() -> Result<Self> {
        let (socket, theirs) = connect::pair(SockType::SeqPacket)?;
        // The helper has copies of our end, and of those of helpers started before: it would not see that we are
        // gone. So it is killed, by Drop, or by the kernel when this process dies.
        let process = Background::run(move || serve(&theirs))?;
        Ok(Self { process, socket })
    }

    /// Sends the name of a file to be read, and does not wait.
    ///
    /// # Errors
    /// `EAGAIN` when too many requests wait for this helper already, `EPIPE` when it is dead; when the name is empty
    /// (no message of this protocol is) or longer than any path may be.
    pub fn request(&self, file: &Path) -> Result<()> {
        let name = file.as_os_str().as_bytes();
        ensure!(!name.is_empty() && name.len() <= NAME_LIMIT, "a file's name has 1 to {NAME_LIMIT} bytes");
        let flags = MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT;
        retry(|| send(self.socket.as_raw_fd(), name, flags)).context("ask the helper").map(drop)
    }

    /// Receives the answer to the oldest request: the file's content. Poll [`Helper::socket`] first, or wait here.
    ///
    /// # Errors
    /// When the file could not be read (the helper says why), or the helper is dead.
    pub fn answer(&self) -> Result<Vec<u8>> {
        let mut message = vec![0; FILE_LIMIT + 1];
        let count = retry(|| recv(self.socket.as_raw_fd(), &mut message, MsgFlags::empty()));
        message.truncate(match count {
            // With a request unread, a death is a reset; without, it is the end.
            Err(Errno::ECONNRESET) => 0,
            other => other.context("receive the helper's answer")?,
        });
        match message.split_first() {
            Some((b'+', content)) => Ok(content.to_owned()),
            Some((_, reason)) => bail!("{}", String::from_utf8_lossy(reason)),
            None => bail!("the helper is dead"),
        }
    }

    /// The descriptor to give to poll.
    #[must_use]
    pub fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// The helper's process number.
    #[must_use]
    pub fn pid(&self) -> Pid {
        self.process.pid()
    }
}

/// The helper's whole life: one request after the other.
fn serve(socket: &OwnedFd) -> Result<()> {
    let mut name = vec![0; NAME_LIMIT];
    loop {
        let count = retry(|| recv(socket.as_raw_fd(), &mut name, MsgFlags::empty()));
        let count = count.context("receive a request")?;
        if count == 0 {
            return Ok(());
        }
        let answer = match read(Path::new(std::ffi::OsStr::from_bytes(&name[..count]))) {
            Ok(content) => [b"+", content.as_slice()].concat(),
            Err(error) => format!("-{error:#}").into_bytes(),
        };
        retry(|| send(socket.as_raw_fd(), &answer, MsgFlags::MSG_NOSIGNAL)).context("answer")?;
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    let file = File::open(path).with_context(|| format!("open {}", path.display()))?;
    file.take(FILE_LIMIT as u64 + 1).read_to_end(&mut content).context("read")?;
    ensure!(content.len() <= FILE_LIMIT, "{} has more than {FILE_LIMIT} bytes", path.display());
    Ok(content)
}
