//! A helper process that reads files, so that the server's loop does not: AMPED, the asymmetric multi-process
//! event-driven server.
//!
//! poll cannot wait for a disk: it calls every regular file "ready", and the read then sleeps as long as the disk takes.
//! So the loop sends the file's name to a helper and polls the helper's socket, beside everything else.
//!
//! ```text
//!   loop ──"name"──► [seqpacket] ──► helper: open, read (may sleep long)
//!   poll ◄─ answer ─ [seqpacket] ◄── helper
//! ```
//!
//! A seqpacket socket keeps the boundaries: one message is one request, and one message is its answer.

use crate::background::Background;
use anyhow::{Context, Result, bail, ensure};
use ipc_kit::retry;
use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, recv, send, socketpair};
use nix::unistd::Pid;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The most bytes of a file that one answer carries.
pub const FILE_LIMIT: usize = 32 << 10;

/// One helper. It is killed when this is dropped, also when it sleeps in a read that never ends.
#[derive(Debug)]
pub struct Helper {
    process: Background,
    socket: OwnedFd,
}

impl Helper {
    /// Starts a helper. Do so before the server has clients: the helper inherits copies of all descriptors, and a copy of
    /// a client's socket would keep that connection open after the server closed it.
    ///
    /// # Errors
    /// See [`Background::run`].
    pub fn start() -> Result<Self> {
        let kind = (AddressFamily::Unix, SockType::SeqPacket);
        let (socket, theirs) =
            socketpair(kind.0, kind.1, None, SockFlag::SOCK_CLOEXEC).context("make a socket pair")?;
        // The helper must not keep our end open, or it would never see that we are gone.
        let ours = socket.as_raw_fd();
        let process = Background::run(move || {
            nix::unistd::close(ours).context("close the loop's end")?;
            serve(&theirs)
        })?;
        Ok(Self { process, socket })
    }

    /// Sends the name of a file to be read. Returns at once, unless many requests wait for this helper already.
    ///
    /// # Errors
    /// `EPIPE` when the helper is dead.
    pub fn request(&self, file: &Path) -> Result<()> {
        let name = file.as_os_str().as_bytes();
        let sent = retry(|| send(self.socket.as_raw_fd(), name, MsgFlags::MSG_NOSIGNAL));
        sent.context("ask the helper").map(drop)
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

/// The helper's whole life: one request after the other, until the loop's end is closed.
fn serve(socket: &OwnedFd) -> Result<()> {
    let mut name = vec![0; 4096]; // PATH_MAX
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
