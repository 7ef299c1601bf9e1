//! The server without connections: each datagram is a request, each answer a datagram. See `unix(7)`,
//! `recvfrom(2)`.
//!
//! Here nobody can be kept waiting, so one process does it all: it reads regular files only, and never waits
//! for a peer.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use ipc_kit::retry;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags};
use nix::sys::socket::{MsgFlags, UnixAddr, recvfrom, sendto};

use crate::answer::{Refusal, ok};
use crate::door::Door;
use crate::failure::failed;
use crate::family::{is_up, wait_for_any};
use crate::helper::whole;
use crate::inbox::{MESSAGE, request_of};
use crate::request::Request;
use crate::root::{Document, Root};
use crate::signals::Signals;

/// Answers datagrams until SIGTERM or SIGINT.
///
/// # Errors
/// If the socket itself fails.
pub fn run(door: &Door, root: &Root, signals: &Signals) -> anyhow::Result<()> {
    let mut served = 0;
    let mut buffer = [0; MESSAGE];
    loop {
        let mut polled = [
            PollFd::new(signals.lifeline().as_fd(), PollFlags::POLLIN),
            PollFd::new(door.as_fd(), PollFlags::POLLIN),
        ];
        wait_for_any(&mut polled).map_err(|errno| failed("poll", errno))?;
        if is_up(&polled[0]) {
            return Ok(());
        }
        // The door's socket does not wait: somebody else may have taken the datagram.
        match retry(|| recvfrom::<UnixAddr>(door.as_fd().as_raw_fd(), &mut buffer)) {
            Ok((length, from)) => {
                let block = answer(&buffer[..length], root, served)
                    .unwrap_or_else(|refusal| refusal.line().into_bytes());
                served += u64::from(from.is_some_and(|from| send(door.as_fd(), &block, &from)));
            }
            Err(Errno::EAGAIN) => {}
            Err(errno) => return Err(failed("recvfrom", errno)),
        }
    }
}

/// Whether the answer is on its way; who has no name or no room does without.
fn send(from: BorrowedFd<'_>, block: &[u8], to: &UnixAddr) -> bool {
    let has_name = to.path().is_some() || to.as_abstract().is_some();
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
    has_name && retry(|| sendto(from.as_raw_fd(), block, to, flags)).is_ok()
}

fn answer(datagram: &[u8], root: &Root, served: u64) -> Result<Vec<u8>, Refusal> {
    match Request::parse(request_of(datagram)?)? {
        Request::Echo(text) => Ok(ok(text)),
        Request::Stat => Ok(ok(format!("clients=0 served={served} queued=0").as_bytes())),
        Request::Get(name) => match root.document(name, OFlag::O_NONBLOCK)? {
            Document::Regular(file, size) => whole(file, size).map(|body| ok(&body)),
            Document::Fifo(_) => Err(Refusal::NotFound),
        },
        Request::WhoAmI | Request::GetFd(_) | Request::Batch(..) | Request::Quit => {
            Err(Refusal::NotPossibleHere)
        }
    }
}
