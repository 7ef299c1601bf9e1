// BEGIN SOLUTION
//! Calls under way that will be answered later: gates, and appends that wait for callbacks.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd};

use crate::calls::CallId;
use crate::connection::ConnectionId;
use crate::frame::BODY_MAX;
use crate::refusal::Refusal;
use crate::server::Server;
use crate::wire::{Bytes, Wire};

/// So much is read from a FIFO at once.
const PIECE: u64 = 64 * 1024;

/// A call under way.
pub(crate) struct Pending {
    /// Who waits for the answer.
    pub(crate) connection: ConnectionId,
    pub(crate) work: Work,
}

pub(crate) enum Work {
    /// Waits for a FIFO's last writer to close.
    Gate { fifo: File, bytes: Vec<u8> },
    /// Is executed, and waits for its callbacks.
    Append { total: u64 },
}

impl Pending {
    pub(crate) fn fifo(&self) -> Option<BorrowedFd<'_>> {
        match &self.work {
            Work::Gate { fifo, .. } => Some(fifo.as_fd()),
            Work::Append { .. } => None,
        }
    }
}

impl Server<'_> {
    /// Reads what is there. Before the first writer has come poll says nothing, so a 0 is the end.
    pub(crate) fn fifo_is_ready(&mut self, call: CallId) {
        let Some(pending) = self.pending.get_mut(&call) else { return };
        let Work::Gate { fifo, bytes } = &mut pending.work else { return };
        let result = match fifo.take(PIECE).read_to_end(bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if bytes.len() <= BODY_MAX - 4 {
                    return;
                }
                Err(Refusal::TOO_LARGE)
            }
            Err(error) => {
                let errno = nix::errno::Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO));
                Err(Refusal::by_the_system(errno))
            }
            Ok(_) if bytes.len() > BODY_MAX - 4 => Err(Refusal::TOO_LARGE),
            // As much as was asked for: there may be more.
            Ok(read) if read as u64 == PIECE => return,
            Ok(_) => {
                let mut body = Vec::new();
                Bytes(std::mem::take(bytes)).put(&mut body);
                Ok(body)
            }
        };
        self.complete(call, result);
    }

    /// A gate that nobody waits for any more is closed; what has been executed is not undone.
    pub(crate) fn cancel(&mut self, call: CallId) {
        let is_gate = |pending: &Pending| matches!(pending.work, Work::Gate { .. });
        if self.pending.get(&call).is_some_and(is_gate) {
            self.complete(call, Err(Refusal::CANCELLED));
        }
    }

    /// Answers a call under way.
    pub(crate) fn complete(&mut self, call: CallId, result: Result<Vec<u8>, Refusal>) {
        if let Some(pending) = self.pending.remove(&call) {
            self.finish(pending.connection, call, result);
        }
    }

    /// An append has all its callbacks answered, or is not going to wait for them.
    pub(crate) fn complete_append(&mut self, call: CallId) {
        if let Some(Pending { work: Work::Append { total }, .. }) = self.pending.get(&call) {
            let mut body = Vec::new();
            total.put(&mut body);
            self.complete(call, Ok(body));
        }
    }

    /// The end: whoever waits is told.
    pub(crate) fn shut_down(&mut self) {
        let all: Vec<CallId> = self.pending.keys().copied().collect();
        for call in all {
            match self.pending.get(&call).map(|pending| &pending.work) {
                Some(Work::Append { .. }) => self.complete_append(call),
                _ => self.complete(call, Err(Refusal::SHUTTING_DOWN)),
            }
        }
    }
}
// END SOLUTION
