// BEGIN SOLUTION
//! What the server with connections answers, and what its helpers bring. See `getsockopt(2)`: SO_PEERCRED.

use std::os::fd::OwnedFd;

use nix::sys::socket::getsockopt;
use nix::sys::socket::sockopt::PeerCredentials;

use crate::address::Address;
use crate::answer::{MESSAGE_BODY_MAX, Refusal, ok_line};
use crate::connection::{Batch, Role};
use crate::helpers::{ClientId, HelperId, Said};
use crate::options::Kind;
use crate::order::Wanted;
use crate::outbox::Outbox;
use crate::request::Request;
use crate::server::Server;

impl Server<'_> {
    /// Answers a line, or begins to.
    pub(crate) fn answer(&mut self, id: ClientId, line: &[u8]) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if connection.role == Role::Overseer {
            return self.answer_overseer(id, line);
        }
        let is_unix = !matches!(self.options.address, Address::Tcp(_));
        match Request::parse(line) {
            Ok(Request::WhoAmI | Request::GetFd(_)) if !is_unix => self.refuse(id, Refusal::NotPossibleHere),
            Ok(Request::Echo(text)) => self.send(id, text),
            Ok(Request::Get(name)) => self.read_file(id, name),
            Ok(Request::GetFd(name)) => self.order(id, Wanted::Descriptor, name),
            Ok(Request::Batch(queued, name)) => {
                connection.batch = Some(Batch { name: name.to_vec(), queued, aborted: 0 });
            }
            Ok(Request::WhoAmI) => match getsockopt(connection, PeerCredentials) {
                Ok(peer) => {
                    let text = format!("uid={} gid={} pid={}", peer.uid(), peer.gid(), peer.pid());
                    self.send(id, text.as_bytes());
                }
                Err(_) => self.refuse(id, Refusal::Failed),
            },
            Ok(Request::Stat) => {
                let batches = self.connections.values().filter_map(|connection| connection.batch.as_ref());
                let queued: usize = batches.map(|batch| batch.queued).sum();
                let text = format!("clients={} served={} queued={queued}", self.clients(), self.served);
                self.send(id, text.as_bytes());
            }
            Ok(Request::Quit) => connection.stop(),
            Err(refusal) => self.refuse(id, refusal),
        }
    }

    fn answer_overseer(&mut self, id: ClientId, line: &[u8]) {
        match line {
            b"ABORT" => {
                for batch in self.connections.values_mut().filter_map(|known| known.batch.as_mut()) {
                    batch.aborted += std::mem::take(&mut batch.queued);
                }
                self.send(id, b"");
            }
            b"" => self.refuse(id, Refusal::Empty),
            _ => self.refuse(id, Refusal::Unknown),
        }
    }

    fn send(&mut self, id: ClientId, body: &[u8]) {
        self.count(id);
        self.with_outbox(id, |outbox| {
            outbox.begin(&ok_line(body.len() as u64));
            outbox.extend(body);
            outbox.finish();
        });
    }

    /// Answers by an error.
    pub(crate) fn refuse(&mut self, id: ClientId, refusal: Refusal) {
        self.push(id, refusal.line().as_bytes(), None);
    }

    fn push(&mut self, id: ClientId, block: &[u8], descriptor: Option<OwnedFd>) {
        self.count(id);
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.outbox.push(block, descriptor);
        }
    }

    /// Counts a block before its first byte is sent.
    fn count(&mut self, id: ClientId) {
        let role = self.connections.get(&id).map(|connection| connection.role);
        self.served += u64::from(role == Some(Role::Client));
    }

    /// Lets a helper read a file for a connection.
    pub(crate) fn read_file(&mut self, id: ClientId, name: &[u8]) {
        let limit = match self.options.kind {
            Kind::Stream => u64::MAX,
            Kind::Datagram | Kind::Packet => MESSAGE_BODY_MAX as u64,
        };
        self.order(id, Wanted::Bytes { limit }, name);
    }

    fn order(&mut self, id: ClientId, wanted: Wanted, name: &[u8]) {
        match (self.helpers.give(id, wanted, name), self.connections.get_mut(&id)) {
            (Ok(helper), Some(connection)) => connection.helper = Some(helper),
            _ => self.refuse(id, Refusal::Failed),
        }
    }

    /// Takes what a helper has said to the connection that it works for.
    pub(crate) fn helper_is_ready(&mut self, helper: HelperId) {
        let client = self.helpers.client_of(helper);
        let room = |id| self.connections.get(&id).map_or(0, |connection| connection.outbox.room());
        let said = self.helpers.listen(helper, client.map_or(0, room));
        let Some(id) = client else { return };
        let is_done = match said {
            Said::Nothing => false,
            Said::Refused(refusal) => {
                self.refuse(id, refusal);
                true
            }
            Said::Descriptor(descriptor) => {
                self.push(id, ok_line(0).as_bytes(), Some(descriptor));
                true
            }
            Said::Size(size) => {
                self.count(id);
                self.with_outbox(id, |outbox| outbox.begin(&ok_line(size)));
                size == 0
            }
            Said::Bytes(bytes, is_last) => {
                self.with_outbox(id, |outbox| outbox.extend(&bytes));
                is_last
            }
            Said::Dead(false) => {
                self.refuse(id, Refusal::Failed);
                true
            }
            // The client was promised more than it can get.
            Said::Dead(true) => return self.close(id),
        };
        if let Some(connection) = self.connections.get_mut(&id).filter(|_| is_done) {
            connection.outbox.finish();
            connection.helper = None;
        }
        self.advance(id);
    }

    fn with_outbox(&mut self, id: ClientId, act: impl FnOnce(&mut Outbox)) {
        if let Some(connection) = self.connections.get_mut(&id) {
            act(&mut connection.outbox);
        }
    }
}
// END SOLUTION
