//! A process for one file: it opens it, waits for it, and answers the client itself. See `fork(2)`, `waitpid(2)`, `fifo(7)`.
//!
//! Its session waits for it without a timer: helper and session share a pipe, whose end of file is the helper's end. A byte
//! in it says that the answer begins, so the session knows whether it may still send another one.

use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;

use ipc_kit::{exit_code, pipe, retry, run_in_child, wait_for, write_all};
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpid, read};

use crate::answer::{MESSAGE_BODY_MAX, Refusal, ok};
use crate::client::{Client, Over};
use crate::family::{ends_with, is_up, wait_for_any};
use crate::options::Kind;
use crate::root::{Document, Root};

/// The most bytes that are taken from a FIFO.
const FIFO_MAX: u64 = 65536;

/// How a helper can end by itself: its exit status says it.
const SENT: u8 = 0;
const CUT: u8 = 1;
const REFUSED: [(u8, Refusal); 4] =
    [(2, Refusal::Forbidden), (3, Refusal::NotFound), (4, Refusal::TooLong), (5, Refusal::Failed)];

/// In which form the client wants the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Its bytes, as the body.
    Bytes,
    /// Itself, open.
    Descriptor,
}

/// Answers one block with a file, or says why not.
///
/// # Errors
/// [`Over`]: the client is lost, or has a part of an answer that nobody can complete.
pub fn hand_out(client: &Client<'_>, root: &Root, name: &[u8], form: Form) -> Result<(), Over> {
    match by_helper(client, root, name, form)? {
        Ok(()) => Ok(()),
        Err(refusal) => client.refuse(refusal),
    }
}

fn by_helper(client: &Client<'_>, root: &Root, name: &[u8], form: Form) -> Result<Result<(), Refusal>, Over> {
    let Ok((hears, says)) = pipe() else {
        return Ok(Err(Refusal::Failed));
    };
    let session = getpid();
    let helper = run_in_child(|| {
        if !ends_with(session) {
            return CUT;
        }
        let begin = || {
            client.wait_for_room();
            write_all(&says, b"!").map_err(|_| Over)
        };
        status_of(send(client, root, name, form, begin))
    });
    let Ok(helper) = helper else {
        return Ok(Err(Refusal::Failed));
    };
    drop(says);
    watch(client, helper, hears)
}

/// Waits for the helper, but not longer than for the client.
fn watch(client: &Client<'_>, helper: Pid, hears: impl AsFd) -> Result<Result<(), Refusal>, Over> {
    let mut has_begun = false;
    loop {
        let mut polled = [
            PollFd::new(hears.as_fd(), PollFlags::POLLIN),
            // Its requests can wait, so only its end is asked for, and that is always told.
            PollFd::new(client.as_fd(), PollFlags::empty()),
        ];
        let is_lost = wait_for_any(&mut polled).is_err() || is_up(&polled[1]);
        if is_lost {
            // It cannot be gone: nobody has waited for it.
            let _ = kill(helper, Signal::SIGKILL);
        }
        if is_lost || retry(|| read(&hears, &mut [0])) == Ok(0) {
            break;
        }
        has_begun = true;
    }
    let status = wait_for(helper).ok().and_then(exit_code);
    match status {
        Some(SENT) => Ok(Ok(())),
        Some(CUT) => Err(Over),
        _ if has_begun => Err(Over),
        status => {
            let told = REFUSED.iter().find(|&&(code, _)| Some(code) == status);
            Ok(Err(told.map_or(Refusal::Failed, |&(_, refusal)| refusal)))
        }
    }
}

fn status_of(sent: Result<Result<(), Over>, Refusal>) -> u8 {
    match sent {
        Ok(Ok(())) => SENT,
        Ok(Err(Over)) => CUT,
        Err(refusal) => REFUSED.iter().find(|&&(_, of)| of == refusal).map_or(CUT, |&(code, _)| code),
    }
}

/// In the helper. `begin` is called when all is ready for the first byte of the answer.
fn send(
    client: &Client<'_>,
    root: &Root,
    name: &[u8],
    form: Form,
    begin: impl FnOnce() -> Result<(), Over>,
) -> Result<Result<(), Over>, Refusal> {
    let document = root.document(name, OFlag::empty())?;
    let answer = match (document, form) {
        (Document::Regular(file, _) | Document::Fifo(file), Form::Descriptor) => {
            return Ok(begin().and_then(|()| client.send_descriptor(file)));
        }
        (Document::Regular(file, size), Form::Bytes) if client.kind() == Kind::Stream => {
            return Ok(begin().and_then(|()| client.send_file(&file, size)));
        }
        (Document::Regular(file, size), Form::Bytes) => whole(file, size)?,
        (Document::Fifo(file), Form::Bytes) => read_up_to(file, FIFO_MAX)?,
    };
    Ok(begin().and_then(|()| client.send(&ok(&answer))))
}

/// The body of a message.
///
/// # Errors
/// [`Refusal::TooLong`]; [`Refusal::Failed`] if the file becomes shorter while it is read.
pub fn whole(file: File, size: u64) -> Result<Vec<u8>, Refusal> {
    if size > MESSAGE_BODY_MAX as u64 {
        return Err(Refusal::TooLong);
    }
    let body = read_up_to(file, size)?;
    if body.len() as u64 == size { Ok(body) } else { Err(Refusal::Failed) }
}

fn read_up_to(file: File, size: u64) -> Result<Vec<u8>, Refusal> {
    let mut body = Vec::new();
    file.take(size).read_to_end(&mut body).map_err(|_| Refusal::Failed)?;
    Ok(body)
}
