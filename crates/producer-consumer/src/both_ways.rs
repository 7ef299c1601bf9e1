//! One process, two directions: writes where there is room, reads where there is data, and waits for either.
//!
//! Who writes everything first and reads afterwards, waits for ever for a partner who does the same. The cure is to
//! wait for *both* events with poll, and to do at each event only what does not wait.

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{read, write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// poll—Sends all of `bytes`, receives all that comes until the other side ends, in whatever order it is possible.
///
/// `writer` must be non-blocking, and is closed when everything is sent: that is the half-close, which tells the other
/// side that no more will come, while this side goes on reading.
///
/// # Errors
/// `EPIPE` when the other side does not read any more, and what poll, read and write say.
///
/// See also: `poll(2)`
pub fn exchange(writer: OwnedFd, bytes: &[u8], reader: impl AsFd) -> Result<Vec<u8>> {
    let (mut writer, mut unsent, mut received) = (Some(writer), bytes, Vec::new());
    let mut more_may_come = true;
    loop {
        if unsent.is_empty() {
            writer = None;
        }
        if writer.is_none() && !more_may_come {
            return Ok(received);
        }
        // A direction that has ended is not asked any more: poll would report its end again and again.
        let from = more_may_come.then(|| reader.as_fd());
        let (may_write, may_read) = wait(writer.as_ref().map(AsFd::as_fd), from)?;
        if let Some(end) = writer.as_ref().filter(|_| may_write) {
            unsent = &unsent[write_some(end, unsent)?..];
        }
        if may_read {
            more_may_come = read_some(&reader, &mut received)?;
        }
    }
}

/// Waits for an event: whether a write, and whether a read, would return at once.
fn wait(writer: Option<BorrowedFd>, reader: Option<BorrowedFd>) -> Result<(bool, bool)> {
    let mut ends: Vec<PollFd> = writer.iter().map(|end| PollFd::new(*end, PollFlags::POLLOUT)).collect();
    ends.extend(reader.iter().map(|end| PollFd::new(*end, PollFlags::POLLIN)));
    ipc_kit::retry(|| poll(&mut ends, PollTimeout::NONE)).context("wait for either side")?;
    let mut happened = ends.iter().map(|end| end.any().unwrap_or(false));
    let may_write = writer.is_some() && happened.next() == Some(true);
    Ok((may_write, happened.next() == Some(true)))
}

fn write_some(end: &OwnedFd, bytes: &[u8]) -> Result<usize> {
    match write(end, bytes) {
        Err(Errno::EAGAIN | Errno::EINTR) => Ok(0),
        other => other.context("write"),
    }
}

/// Whether more may come.
fn read_some(reader: &impl AsFd, received: &mut Vec<u8>) -> Result<bool> {
    let mut part = [0; 16 << 10];
    let count = ipc_kit::retry(|| read(reader.as_fd(), &mut part)).context("read")?;
    received.extend_from_slice(&part[..count]);
    Ok(count > 0)
}
