//! The sending side of a connection: calls that wait until the client has room. See `send(2)`, `sendfile(2)`,
//! `tcp(7)`.

#![allow(unsafe_code, reason = "sendfile(2) is not in the features of nix that this workspace uses")]

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::ptr;

use ipc_kit::retry;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags};
use nix::sys::socket::{MsgFlags, Shutdown, recv, send, setsockopt, shutdown};
use nix::{setsockopt_impl, sockopt_impl};

use crate::answer::{Refusal, ok_line};
use crate::board::Board;
use crate::family::wait_for_any;
use crate::options::Kind;
use crate::pass::send_with;

/// The end of a file, which is sent when there is room for it at once: the block is counted just before.
const TAIL: u64 = 16 << 10;
/// So often what a client has sent in vain is thrown away before its connection is closed.
const DISCARDS: usize = 64;

sockopt_impl!(
    /// There is room for more only if less than so many bytes wait until they are transmitted.
    UnsentAtMost,
    SetOnly,
    libc::IPPROTO_TCP,
    libc::TCP_NOTSENT_LOWAT,
    u32
);

/// There is nothing more to say to this client: it is lost, or it has got less than it was promised, or it said
/// QUIT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Over;

/// A client, for whoever answers it.
#[derive(Debug)]
pub struct Client<'a> {
    socket: BorrowedFd<'a>,
    kind: Kind,
    /// Where the blocks are counted, if they are.
    board: Option<&'a Board>,
}

impl<'a> Client<'a> {
    /// An accepted connection.
    #[must_use]
    pub fn new(socket: BorrowedFd<'a>, kind: Kind, board: Option<&'a Board>) -> Self {
        Self { socket, kind, board }
    }

    /// Stream or packets.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Waits until the kernel takes bytes for this client; also until it is lost, which the next call will tell.
    pub fn wait_for_room(&self) {
        // If poll cannot, it is the next call that waits.
        let _ = wait_for_any(&mut [PollFd::new(self.socket, PollFlags::POLLOUT)]);
    }

    /// Sends a whole block, in one piece if it is a packet.
    ///
    /// It is counted before its last byte leaves: whoever has an answer finds it counted. If there is no room
    /// for that byte, it was too early.
    ///
    /// # Errors
    /// [`Over`]: the client is lost.
    pub fn send(&self, mut block: &[u8]) -> Result<(), Over> {
        let flags = MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT;
        loop {
            self.count();
            let sent = retry(|| send(self.socket.as_raw_fd(), block, flags));
            if sent == Ok(block.len()) {
                return Ok(());
            }
            self.uncount();
            match sent {
                Ok(n) => block = &block[n..],
                Err(Errno::EAGAIN) => {}
                Err(_) => return Err(Over),
            }
            self.wait_for_room();
        }
    }

    /// Sends a block that is an error.
    ///
    /// # Errors
    /// [`Over`]: the client is lost.
    pub fn refuse(&self, refusal: Refusal) -> Result<(), Over> {
        self.send(refusal.line().as_bytes())
    }

    /// Sends a file as a block, as long as it was when it was opened; its bytes never come into this process.
    ///
    /// # Errors
    /// [`Over`]: the client is lost, or the file has become shorter.
    pub fn send_file(&self, file: &File, size: u64) -> Result<(), Over> {
        let line = ok_line(size);
        if size == 0 {
            return self.send(line.as_bytes());
        }
        self.send_all(line.as_bytes())?;
        let tail = size.min(TAIL);
        self.send_from(file, size - tail)?;
        self.finish(|| self.send_from(file, tail))
    }

    /// Sends a block without a body, and an open file with its first byte.
    ///
    /// # Errors
    /// [`Over`]: the client is lost.
    pub fn send_descriptor(&self, file: impl AsFd) -> Result<(), Over> {
        let line = ok_line(0);
        self.finish(|| {
            let n = send_with(self.socket, line.as_bytes(), file.as_fd()).map_err(|_| Over)?;
            self.send_all(&line.as_bytes()[n..])
        })
    }

    /// Counts the block as soon as its last bytes find room, and sends them.
    fn finish(&self, send_end: impl FnOnce() -> Result<(), Over>) -> Result<(), Over> {
        self.wait_for_room();
        self.count();
        send_end().inspect_err(|_| self.uncount())
    }

    fn count(&self) {
        self.board.inspect(|board| board.count());
    }

    fn uncount(&self) {
        self.board.inspect(|board| board.uncount());
    }

    fn send_all(&self, mut bytes: &[u8]) -> Result<(), Over> {
        while !bytes.is_empty() {
            let sent = retry(|| send(self.socket.as_raw_fd(), bytes, MsgFlags::MSG_NOSIGNAL));
            bytes = &bytes[sent.map_err(|_| Over)?..];
        }
        Ok(())
    }

    fn send_from(&self, file: &File, mut size: u64) -> Result<(), Over> {
        while size > 0 {
            let most = usize::try_from(size).unwrap_or(usize::MAX);
            match retry(|| send_file(self.socket, file.as_fd(), most)) {
                Ok(n) if n > 0 => size -= n as u64,
                _ => return Err(Over),
            }
        }
        Ok(())
    }

    /// Waits until all that was sent is with the client's kernel, or the client is lost. TCP only: on a Unix
    /// socket it is there already. A client that asks on after filed has closed resets the connection, and what
    /// had not left yet would be lost.
    pub fn wait_until_sent(&self) {
        if setsockopt(&self.socket, UnsentAtMost, &1).is_ok() {
            self.wait_for_room();
        }
    }

    /// Says that nothing more will come.
    pub fn hang_up(&self) {
        hang_up(self.socket);
    }
}

impl AsFd for Client<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket
    }
}

/// Turns a client away that was never let in; never waits.
pub fn turn_away(socket: &OwnedFd) {
    let line = Refusal::Busy.line();
    // If the client has gone already, nobody is there to be told.
    let _ = send(socket.as_raw_fd(), line.as_bytes(), MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT);
    hang_up(socket.as_fd());
}

/// What a client has sent in vain is taken away: a socket that is closed with unread bytes resets the connection.
fn hang_up(socket: BorrowedFd<'_>) {
    // It fails if the client was here first.
    let _ = shutdown(socket.as_raw_fd(), Shutdown::Write);
    let mut buffer = [0; 4 << 10];
    for _ in 0..DISCARDS {
        match retry(|| recv(socket.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT)) {
            Ok(n) if n > 0 => {}
            _ => break,
        }
    }
}

/// sendfile(2), at the file's own offset. SIGPIPE is ignored in every Rust program, and `EPIPE` comes instead.
fn send_file(to: BorrowedFd<'_>, from: BorrowedFd<'_>, most: usize) -> nix::Result<usize> {
    // SAFETY: both descriptors are borrowed, hence open, and a null offset is allowed.
    let n = unsafe { libc::sendfile(to.as_raw_fd(), from.as_raw_fd(), ptr::null_mut(), most) };
    Errno::result(n).map(isize::unsigned_abs)
}
