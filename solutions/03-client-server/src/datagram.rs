//! The server without connections: each datagram is a request, each answer a datagram. See `unix(7)`, `recvfrom(2)`.

// BEGIN SOLUTION
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use ipc_kit::retry;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, UnixAddr, recvfrom, sendto};

use crate::answer::{MESSAGE_BODY_MAX, Refusal, ok};
use crate::content::Content;
use crate::failure::failed;
use crate::request::{LINE_MAX, Request};
// END SOLUTION
use crate::listen::Listening;
use crate::root::Root;
use crate::signals::Signals;

/// Answers datagrams until SIGTERM or SIGINT.
///
/// # Errors
/// If the socket itself fails.
pub fn run(listening: Listening, root: Root, signals: Signals) -> anyhow::Result<()> {
    // BEGIN SOLUTION
    let mut served = 0;
    loop {
        let mut polled = [&signals.as_fd(), &listening.as_fd()].map(|fd| PollFd::new(*fd, PollFlags::POLLIN));
        retry(|| poll(&mut polled, PollTimeout::NONE)).map_err(|errno| failed("poll", errno))?;
        let [has_signal, has_letter] = polled.map(|polled| polled.any().unwrap_or(false));
        if has_signal && signals.news().map_err(|errno| failed("signalfd", errno))?.end {
            return Ok(());
        }
        if has_letter {
            served += answer_one(listening.as_fd(), &root, served);
        }
    }
    // END SOLUTION
    // STUB: todo!("M7: recvfrom, answer, sendto; never wait for a peer")
}
// BEGIN SOLUTION

/// Answers one datagram; gives how many answers were sent.
fn answer_one(socket: BorrowedFd<'_>, root: &Root, served: u64) -> u64 {
    let socket = socket.as_raw_fd();
    let mut buffer = [0; LINE_MAX + 2];
    let Ok((length, sender)) = retry(|| recvfrom::<UnixAddr>(socket, &mut buffer)) else { return 0 };
    let Some(sender) = sender.filter(|sender| sender.path().is_some() || sender.as_abstract().is_some())
    else {
        // Nobody can be answered.
        return 0;
    };
    let answer =
        answer(&buffer[..length], root, served).unwrap_or_else(|refusal| refusal.line().into_bytes());
    // A peer that has no room, or is gone, has lost its answer. Others wait.
    let sent = retry(|| sendto(socket, &answer, &sender, MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL));
    u64::from(sent.is_ok())
}

fn answer(message: &[u8], root: &Root, served: u64) -> Result<Vec<u8>, Refusal> {
    let line = message.strip_suffix(b"\n").unwrap_or(message);
    if line.len() > LINE_MAX {
        return Err(Refusal::TooLong);
    }
    match Request::parse(line.strip_suffix(b"\r").unwrap_or(line))? {
        Request::Echo(text) => Ok(ok(text)),
        Request::Stat => Ok(ok(format!("clients=0 served={served} queued=0").as_bytes())),
        Request::Get(name) => read_file(root, name),
        Request::WhoAmI | Request::GetFd(_) | Request::Batch(..) | Request::Quit => {
            Err(Refusal::NotPossibleHere)
        }
    }
}

fn read_file(root: &Root, name: &[u8]) -> Result<Vec<u8>, Refusal> {
    // A FIFO that nobody writes opens at once, and is refused then.
    let file = Content::regular(root.file(name, OFlag::O_NONBLOCK)?)?;
    let content = Content::of(file, MESSAGE_BODY_MAX as u64)?;
    let mut body = Vec::new();
    let whole = content.copy(|bytes| {
        body.extend_from_slice(bytes);
        Ok::<(), Errno>(())
    });
    if whole == Ok(true) { Ok(ok(&body)) } else { Err(Refusal::Failed) }
}
// END SOLUTION
