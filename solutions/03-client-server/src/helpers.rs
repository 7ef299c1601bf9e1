// BEGIN SOLUTION
//! The helpers as filed sees them: who works for whom, and what has come. See `poll(2)`, `waitpid(2)`.
//!
//! One helper for each file that is being read. Who is done waits for the next order; a few of them stay.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::rc::Rc;

use ipc_kit::retry;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, read};

use crate::answer::Refusal;
use crate::helper;
use crate::order::{REPORT, Wanted, order, read_report};
use crate::pass::{receive_with, send_with};
use crate::root::Root;

/// So many wait for work; more are sent home.
const IDLE_MAX: usize = 4;

/// The number of a helper.
pub type HelperId = u64;
/// The number of a connection.
pub type ClientId = u64;

/// One of them.
#[derive(Debug)]
struct Helper {
    /// `None` when it has been reaped: the number may then be somebody else's.
    pid: Option<Pid>,
    socket: OwnedFd,
    client: Option<ClientId>,
    report: Vec<u8>,
    descriptor: Option<OwnedFd>,
    /// How much of the body is still to come, when the report has come.
    left: Option<u64>,
}

/// What a helper said.
#[derive(Debug)]
pub enum Said {
    /// Nothing new.
    Nothing,
    /// It will not do it.
    Refused(Refusal),
    /// A body of so many bytes follows.
    Size(u64),
    /// A part of the body; whether it was the last.
    Bytes(Vec<u8>, bool),
    /// The open file.
    Descriptor(OwnedFd),
    /// It is dead; whether that was in the middle of a body.
    Dead(bool),
}

/// All of them.
#[derive(Debug)]
pub struct Helpers {
    root: Rc<Root>,
    all: BTreeMap<HelperId, Helper>,
    next: HelperId,
}

impl Helpers {
    /// None yet.
    #[must_use]
    pub fn new(root: Root) -> Self {
        Self { root: Rc::new(root), all: BTreeMap::new(), next: 0 }
    }

    /// Gives an order to an idle helper, or to a new one.
    ///
    /// # Errors
    /// If there is no helper and none can be had.
    pub fn give(&mut self, client: ClientId, wanted: Wanted, name: &[u8]) -> nix::Result<HelperId> {
        let order = order(wanted, name);
        loop {
            let idle = self.all.iter().find(|(_, helper)| helper.client.is_none()).map(|(&id, _)| id);
            let id = match idle {
                Some(id) => id,
                None => self.hire()?,
            };
            let helper = self.all.get_mut(&id).ok_or(Errno::ESRCH)?;
            // The socket is empty and an order is short: it goes in as a whole.
            match send_with(&helper.socket, &order, None) {
                Ok(_) => {
                    helper.client = Some(client);
                    return Ok(id);
                }
                // It was killed while it was idle.
                Err(_) if idle.is_some() => self.dismiss(id),
                Err(errno) => {
                    self.dismiss(id);
                    return Err(errno);
                }
            }
        }
    }

    fn hire(&mut self) -> nix::Result<HelperId> {
        let (pid, socket) = helper::start(&self.root)?;
        let id = self.next;
        self.next += 1;
        fcntl(&socket, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        let helper =
            Helper { pid: Some(pid), socket, client: None, report: Vec::new(), descriptor: None, left: None };
        self.all.insert(id, helper);
        Ok(id)
    }

    /// For whom it works.
    #[must_use]
    pub fn client_of(&self, id: HelperId) -> Option<ClientId> {
        self.all.get(&id)?.client
    }

    /// Their sockets, those of idle ones too: these can only tell that their helper is dead.
    pub fn sockets(&self) -> impl Iterator<Item = (HelperId, Option<ClientId>, BorrowedFd<'_>)> {
        self.all.iter().map(|(&id, helper)| (id, helper.client, helper.socket.as_fd()))
    }

    /// Takes what a helper has said, at most `room` bytes of a body.
    pub fn listen(&mut self, id: HelperId, room: usize) -> Said {
        let Some(helper) = self.all.get_mut(&id) else { return Said::Nothing };
        let said = helper.listen(room).unwrap_or_else(|errno| match errno {
            Errno::EAGAIN => Said::Nothing,
            _ => Said::Dead(helper.left.is_some()),
        });
        match &said {
            Said::Nothing | Said::Bytes(_, false) => {}
            Said::Size(size) if *size > 0 => {}
            Said::Dead(_) => self.dismiss(id),
            _ => self.rest(id),
        }
        said
    }

    /// It is done, and waits for the next order.
    fn rest(&mut self, id: HelperId) {
        let idle = self.all.values().filter(|helper| helper.client.is_none()).count();
        match self.all.get_mut(&id) {
            Some(helper) if idle < IDLE_MAX => {
                helper.client = None;
                helper.report.clear();
                helper.left = None;
            }
            _ => self.dismiss(id),
        }
    }

    /// Ends a helper, whatever it waits for. It is reaped when the kernel says that it has ended.
    pub fn dismiss(&mut self, id: HelperId) {
        if let Some(pid) = self.all.remove(&id).and_then(|helper| helper.pid) {
            // ESRCH cannot be: it is not reaped yet.
            let _ = kill(pid, Signal::SIGKILL);
        }
    }

    /// Reaps all that have ended.
    pub fn reap(&mut self) {
        // One SIGCHLD may stand for several children.
        while let Ok(status) = waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            let (WaitStatus::Exited(pid, _) | WaitStatus::Signaled(pid, ..)) = status else { return };
            if let Some(helper) = self.all.values_mut().find(|helper| helper.pid == Some(pid)) {
                helper.pid = None;
            }
        }
    }

    /// Sends all home and waits until they are gone.
    pub fn end(mut self) {
        while let Some((&id, _)) = self.all.first_key_value() {
            self.dismiss(id);
        }
        while retry(|| waitpid(None, None)).is_ok() {}
    }
}

impl Helper {
    fn listen(&mut self, room: usize) -> nix::Result<Said> {
        match self.left {
            Some(left) => self.body(left, room),
            None => self.head(),
        }
    }

    fn head(&mut self) -> nix::Result<Said> {
        let mut buffer = [0; REPORT];
        let wanted = REPORT - self.report.len();
        let (n, descriptor) = receive_with(&self.socket, &mut buffer[..wanted])?;
        if n == 0 {
            return Err(Errno::EPIPE);
        }
        self.report.extend_from_slice(&buffer[..n]);
        self.descriptor = descriptor.or(self.descriptor.take());
        let Ok(report) = self.report.as_slice().try_into() else { return Ok(Said::Nothing) };
        Ok(match (read_report(report), self.descriptor.take()) {
            (Err(refusal), _) => Said::Refused(refusal),
            (Ok(_), Some(descriptor)) => Said::Descriptor(descriptor),
            (Ok(size), None) => {
                self.left = Some(size);
                Said::Size(size)
            }
        })
    }

    fn body(&mut self, left: u64, room: usize) -> nix::Result<Said> {
        let most = room.min(usize::try_from(left).unwrap_or(usize::MAX));
        if most == 0 {
            return Ok(Said::Nothing);
        }
        let mut bytes = vec![0; most];
        let n = retry(|| read(&self.socket, &mut bytes))?;
        if n == 0 {
            return Err(Errno::EPIPE);
        }
        bytes.truncate(n);
        let left = left - n as u64;
        self.left = Some(left);
        Ok(Said::Bytes(bytes, left == 0))
    }
}
// END SOLUTION
