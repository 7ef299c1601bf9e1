//! Sending and receiving bytes: each call may do a part of the work, and the loop around it is ours to write.

use anyhow::{Context, Result, bail};
use ipc_kit::retry;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::socket::{MsgFlags, recv, send, shutdown};
use std::fmt;
use std::os::fd::{AsFd, AsRawFd};

/// send—Sends all of `bytes`, in as many calls as it takes, and waits whenever the buffers are full.
///
/// `MSG_NOSIGNAL`: when the peer is gone this fails with `EPIPE` and no SIGPIPE ends the process, whatever the action
/// of that signal is. (With write there is no such choice.)
///
/// # Errors
/// `EPIPE` when the peer has gone, `ECONNRESET` when it went with a reset.
///
/// See also: `send(2)`
pub fn send_all(socket: impl AsFd, mut bytes: &[u8]) -> nix::Result<()> {
    while !bytes.is_empty() {
        let sent = retry(|| send(socket.as_fd().as_raw_fd(), bytes, MsgFlags::MSG_NOSIGNAL))?;
        bytes = &bytes[sent..];
    }
    Ok(())
}

/// recv—Waits until there is something, and gives what there is: on a stream any part of what was sent.
/// 0 bytes are the end: the peer will send no more.
///
/// # Errors
/// `ECONNRESET` when the peer went with a reset, `EAGAIN` when the socket is non-blocking and nothing is there.
///
/// See also: `recv(2)`
pub fn receive(socket: impl AsFd, buffer: &mut [u8]) -> nix::Result<usize> {
    retry(|| recv(socket.as_fd().as_raw_fd(), buffer, MsgFlags::empty()))
}

/// recv—Receives until the peer's end of the stream, and gives all of it.
///
/// # Errors
/// See [`receive`].
pub fn receive_all(socket: impl AsFd) -> nix::Result<Vec<u8>> {
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    loop {
        match receive(&socket, &mut part)? {
            0 => return Ok(bytes),
            count => bytes.extend_from_slice(&part[..count]),
        }
    }
}

/// Receives one line, without its newline, and not a byte of what follows. It asks for one byte a call, which is
/// slow; a program that talks much keeps what is left over, as [`crate::line::LineBuffer`] does.
///
/// # Errors
/// See [`receive`]; also when the stream ends before the line does.
pub fn receive_line(socket: impl AsFd) -> Result<String> {
    let (mut line, mut byte) = (Vec::new(), [0]);
    loop {
        match receive(&socket, &mut byte).context("receive a line")? {
            0 if line.is_empty() => bail!("the peer has ended the stream, and no line came"),
            0 => bail!("the stream ended inside a line, after {:?}", String::from_utf8_lossy(&line)),
            _ if byte == *b"\n" => return Ok(String::from_utf8_lossy(&line).into_owned()),
            _ => line.push(byte[0]),
        }
    }
}

/// What one recv gave that was not allowed to wait.
#[derive(Debug, PartialEq, Eq)]
pub enum Received {
    /// These bytes. A datagram may have none.
    Bytes(Vec<u8>),
    /// On a stream: the peer sends no more.
    End,
    /// Nothing is there yet.
    WouldWait,
    /// The connection is broken.
    Failed(Errno),
}

/// recv—One call for at most `most` bytes of a stream that does not wait (`MSG_DONTWAIT`): to look at a socket in the
/// demonstrations, where a blocking call would never come back.
pub fn receive_now(socket: impl AsFd, most: usize) -> Received {
    let mut bytes = vec![0; most];
    match retry(|| recv(socket.as_fd().as_raw_fd(), &mut bytes, MsgFlags::MSG_DONTWAIT)) {
        Ok(0) => Received::End,
        Ok(count) => {
            bytes.truncate(count);
            Received::Bytes(bytes)
        }
        Err(Errno::EAGAIN) => Received::WouldWait,
        Err(reason) => Received::Failed(reason),
    }
}

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "{:?}", String::from_utf8_lossy(bytes)),
            Self::End => write!(f, "0 bytes: the end"),
            Self::WouldWait => write!(f, "nothing yet: would wait"),
            Self::Failed(reason) => write!(f, "{reason}"),
        }
    }
}

/// Sends `part` again and again until the buffers are full, without waiting; gives the number of bytes that found room.
/// The first byte is number `offset` of the endless stream of parts, so that a part that was cut can be gone on with.
///
/// # Errors
/// See [`send_all`]; not `EAGAIN`, which is what this waits for.
pub fn fill(socket: impl AsFd, part: &[u8], offset: usize) -> nix::Result<usize> {
    let flags = MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT;
    let mut taken = 0;
    loop {
        let rest = &part[(offset + taken) % part.len()..];
        match retry(|| send(socket.as_fd().as_raw_fd(), rest, flags)) {
            Ok(count) => taken += count,
            Err(Errno::EAGAIN) => return Ok(taken),
            Err(reason) => return Err(reason),
        }
    }
}

/// shutdown—Half-close: says "that was all from me", and still receives. Works for every copy of the descriptor.
///
/// # Errors
/// `ENOTCONN` when the socket is not connected.
///
/// See also: `shutdown(2)`
pub fn finish_sending(socket: impl AsFd) -> nix::Result<()> {
    shutdown(socket.as_fd().as_raw_fd(), nix::sys::socket::Shutdown::Write)
}

/// fcntl—Makes every call on this socket fail with `EAGAIN` where it would wait. The flag belongs to the open socket,
/// so a copy made by dup, by fork or by passing has it too.
///
/// # Errors
/// None for an open descriptor.
///
/// See also: `fcntl(2)`
pub fn set_nonblocking(socket: impl AsFd) -> Result<()> {
    let flags = fcntl(socket.as_fd(), FcntlArg::F_GETFL).context("read the flags of a socket")?;
    let flags = OFlag::from_bits_retain(flags) | OFlag::O_NONBLOCK;
    fcntl(socket.as_fd(), FcntlArg::F_SETFL(flags)).context("make a socket non-blocking").map(drop)
}
