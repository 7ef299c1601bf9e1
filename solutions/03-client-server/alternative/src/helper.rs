//! A process for one file: it opens it, waits for it, and answers the client itself. See `fork(2)`,
//! `waitpid(2)`, `fifo(7)`.
//!
//! Its session waits for it without a timer: helper and session share a pipe, whose end of file is the helper's
//! end. A byte in it says that the answer begins, so the session knows whether it may still send another one.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};

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

/// How a helper ends by itself: its exit status says it. Any other end is the matter of whoever killed it.
const SENT: u8 = 0;
const OVER: u8 = 1;
const REFUSED: [(u8, Refusal); 4] =
    [(2, Refusal::Forbidden), (3, Refusal::NotFound), (4, Refusal::TooLong), (5, Refusal::Failed)];

/// Why there is no whole block from a file.
#[derive(Debug, Clone, Copy)]
enum NotSent {
    /// No byte of it was sent, and this is what to say instead.
    Refused(Refusal),
    /// There is nothing more to say.
    Over,
}

impl From<Refusal> for NotSent {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Over> for NotSent {
    fn from(_: Over) -> Self {
        Self::Over
    }
}

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
    match by_helper(client, root, name, form) {
        Ok(()) => Ok(()),
        Err(NotSent::Refused(refusal)) => client.refuse(refusal),
        Err(NotSent::Over) => Err(Over),
    }
}

fn by_helper(client: &Client<'_>, root: &Root, name: &[u8], form: Form) -> Result<(), NotSent> {
    let (hears, says) = pipe().map_err(|_| Refusal::Failed)?;
    let session = getpid();
    let helper = run_in_child(|| {
        if !ends_with(session) {
            return OVER;
        }
        status_of(help(client, root, name, form, &says))
    });
    let helper = helper.map_err(|_| Refusal::Failed)?;
    drop(says);
    let has_begun = watch(client, helper, hears)?;
    match wait_for(helper).ok().and_then(exit_code) {
        Some(SENT) => Ok(()),
        Some(OVER) => Err(NotSent::Over),
        _ if has_begun => Err(NotSent::Over),
        status => {
            let told = REFUSED.iter().find(|&&(code, _)| Some(code) == status);
            Err(told.map_or(Refusal::Failed, |&(_, refusal)| refusal).into())
        }
    }
}

/// Waits until the helper has ended, but not longer than for the client. Tells whether the answer has begun.
fn watch(client: &Client<'_>, helper: Pid, hears: impl AsFd) -> Result<bool, Over> {
    let mut has_begun = false;
    loop {
        let mut polled = [
            PollFd::new(hears.as_fd(), PollFlags::POLLIN),
            // Its requests can wait, so only its end is asked for, and that is always told.
            PollFd::new(client.as_fd(), PollFlags::empty()),
        ];
        if wait_for_any(&mut polled).is_err() || is_up(&polled[1]) {
            // Neither can fail: a child that nobody has waited for is there, be it as a zombie.
            let _ = kill(helper, Signal::SIGKILL).and_then(|()| wait_for(helper));
            return Err(Over);
        }
        if retry(|| read(&hears, &mut [0])) == Ok(0) {
            return Ok(has_begun);
        }
        has_begun = true;
    }
}

/// In the helper: opens the file, waits for it, and sends the answer.
fn help(client: &Client<'_>, root: &Root, name: &[u8], form: Form, says: &OwnedFd) -> Result<(), NotSent> {
    let document = root.document(name, OFlag::empty())?;
    // After this, nobody else may answer.
    let begin = || {
        client.wait_for_room();
        write_all(says, b"!").map_err(|_| Over)
    };
    let body = match (document, form) {
        (Document::Regular(file, _) | Document::Fifo(file), Form::Descriptor) => {
            begin()?;
            return Ok(client.send_descriptor(file)?);
        }
        (Document::Regular(file, size), Form::Bytes) if client.kind() == Kind::Stream => {
            begin()?;
            return Ok(client.send_file(&file, size)?);
        }
        (Document::Regular(file, size), Form::Bytes) => whole(file, size)?,
        (Document::Fifo(file), Form::Bytes) => read_up_to(file, FIFO_MAX)?,
    };
    begin()?;
    Ok(client.send(&ok(&body))?)
}

fn status_of(sent: Result<(), NotSent>) -> u8 {
    match sent {
        Ok(()) => SENT,
        Err(NotSent::Over) => OVER,
        Err(NotSent::Refused(refusal)) => {
            REFUSED.iter().find(|&&(_, of)| of == refusal).map_or(OVER, |&(code, _)| code)
        }
    }
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
