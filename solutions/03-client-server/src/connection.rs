// BEGIN SOLUTION
//! One connection, and what must be remembered of it from one turn of the loop to the next.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::poll::PollFlags;

use crate::answer::Refusal;
use crate::helpers::HelperId;
use crate::inbox::Inbox;
use crate::options::Kind;
use crate::outbox::Outbox;

/// Who is at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Whoever is in charge. Its words come first.
    Overseer,
    /// Whoever wants files.
    Client,
}

/// What is left of a BATCH under way.
#[derive(Debug)]
pub struct Batch {
    /// The file.
    pub name: Vec<u8>,
    /// Blocks that have not begun.
    pub queued: usize,
    /// Blocks that are to be answered `aborted`.
    pub aborted: usize,
}

/// What a connection does next.
#[derive(Debug)]
pub enum Step {
    /// It reads the file once more.
    Block(Vec<u8>),
    /// It has this to answer.
    Refuse(Refusal),
    /// It looks at this line.
    Line(Vec<u8>),
}

/// One of them.
#[derive(Debug)]
pub struct Connection {
    socket: OwnedFd,
    /// Who it is.
    pub role: Role,
    kind: Kind,
    inbox: Inbox,
    /// What it has not yet taken.
    pub outbox: Outbox,
    /// Who reads a file for it: then it waits.
    pub helper: Option<HelperId>,
    /// Its BATCH.
    pub batch: Option<Batch>,
    /// It will ask no more: end of file, QUIT, 413, or the end of filed.
    is_over: bool,
    has_ended_input: bool,
}

impl Connection {
    /// A new one.
    #[must_use]
    pub fn new(socket: OwnedFd, role: Role, kind: Kind) -> Self {
        Self {
            socket,
            role,
            kind,
            inbox: Inbox::new(kind),
            outbox: Outbox::new(kind),
            helper: None,
            batch: None,
            is_over: false,
            has_ended_input: false,
        }
    }

    /// How its messages travel.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What poll shall wake us for. Not for input that we would have to keep: so a client that does not take its
    /// answers must wait with its requests.
    #[must_use]
    pub fn interest(&self) -> PollFlags {
        let mut flags = PollFlags::empty();
        if !self.is_over && !self.has_ended_input && self.is_free() {
            flags |= PollFlags::POLLIN;
        }
        if self.outbox.can_send() {
            flags |= PollFlags::POLLOUT;
        }
        flags
    }

    /// Takes what has come.
    ///
    /// # Errors
    /// If the client is lost.
    pub fn receive(&mut self) -> nix::Result<()> {
        match self.inbox.receive(&self.socket) {
            Ok(has_more) => self.has_ended_input |= !has_more,
            Err(Errno::EAGAIN) => {}
            Err(errno) => return Err(errno),
        }
        Ok(())
    }

    /// Sends what can be sent.
    ///
    /// # Errors
    /// If the client is lost.
    pub fn flush(&mut self) -> nix::Result<()> {
        self.outbox.flush(&self.socket)
    }

    /// What it does next, if it is free to do something.
    pub fn next_step(&mut self) -> Option<Step> {
        if !self.is_free() {
            return None;
        }
        if let Some(batch) = &mut self.batch {
            if let Some(left) = batch.queued.checked_sub(1) {
                batch.queued = left;
                return Some(Step::Block(batch.name.clone()));
            }
            if let Some(left) = batch.aborted.checked_sub(1) {
                batch.aborted = left;
                return Some(Step::Refuse(Refusal::Aborted));
            }
            self.batch = None;
        }
        if self.is_over {
            return None;
        }
        match self.inbox.next_line()? {
            Ok(line) => Some(Step::Line(line)),
            Err(refusal) => {
                // In a stream, nobody knows where the next request begins.
                self.is_over = self.kind == Kind::Stream;
                Some(Step::Refuse(refusal))
            }
        }
    }

    /// Takes no more requests. What has begun goes on.
    pub fn stop(&mut self) {
        self.is_over = true;
        self.batch = None;
    }

    /// Whether all is said and done. Call it when there is no next step.
    #[must_use]
    pub fn is_done(&self) -> bool {
        (self.is_over || self.has_ended_input) && self.is_free() && self.outbox.is_empty()
    }

    /// It waits for no helper, and its client takes what it gets.
    fn is_free(&self) -> bool {
        self.helper.is_none() && self.outbox.room() > 0
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
// END SOLUTION
