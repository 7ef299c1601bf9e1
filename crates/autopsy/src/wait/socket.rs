//! A wait on a socket: its peer, its queue, its listener; unix(7), tcp(7).

use super::Reader;
use super::end::Want;
use crate::World;
use crate::borrow;
use crate::object::{Key, Object};
use crate::part::{Clue, Part};
use crate::proc::process::Process;
use crate::snapshot::{End, Holder};
use crate::socket::{Family, Socket};
use crate::words::{descriptor, path};

/// Said of a datagram socket that is not connected.
pub(crate) const NO_FIXED_END: &str = "it has no fixed other end";

impl Reader<'_> {
    /// Receiving from a socket or sending to it.
    pub(super) fn socket(&self, member: &Process, number: i32, inode: u64, want: Want) -> Part {
        let named = format!("{}, {}", descriptor(number), self.names.object(&Object::Socket(inode)));
        let Some(socket) = self.snapshot.sockets.all.get(&inode) else {
            return Part::alive(
                format!("{named}, of which nothing can be seen"),
                "whoever is at its other end",
            );
        };
        if socket.is_listening() {
            return self.listener(member, number, socket);
        }
        let what = match want {
            Want::Read if socket.unread > 0 => "what has come is not read yet",
            Want::Read => "nothing has come",
            Want::Write => "the other side's buffer is full",
        };
        let mut part = Part { clues: vec![Self::clue(number, want)], ..Part::default() };
        if want == Want::Read && socket.unread > 0 {
            part.hope("the data that has come");
        }
        let peers = self.snapshot.sockets.peers(inode);
        part.text = format!("{named}: {what}; {}", self.other_end(&mut part, inode, socket, &peers, want));
        part
    }

    fn clue(number: i32, want: Want) -> Clue {
        match want {
            Want::Read => Clue::Reads(number),
            Want::Write => Clue::Writes(number),
        }
    }

    /// Says where the other end is, and whom it gives hope of.
    fn other_end(&self, part: &mut Part, inode: u64, socket: &Socket, peers: &[u64], want: Want) -> String {
        let sockets = &self.snapshot.sockets;
        let holders = self.holders_of(peers);
        let is_quiet = |socket: &Socket| socket.family != Family::Tcp || socket.is_quiet();
        let known: Vec<&Socket> = peers.iter().filter_map(|peer| sockets.all.get(peer)).collect();
        let in_flight = |peer: &&Socket| peer.family == Family::Tcp && want == Want::Read && peer.unsent > 0;
        if !is_quiet(socket) || known.iter().any(|peer| !is_quiet(peer) || in_flight(peer)) {
            part.hope("the network: something is on its way");
        }
        if !holders.is_empty() {
            self.hope_of_ends(part, &holders, want);
            return self.end_words(&holders, want);
        }
        let listeners = self.holders_of(&sockets.listeners_of_client(inode));
        if !listeners.is_empty() {
            self.hope_of(part, &listeners, want);
            part.clues = vec![Clue::NotAccepted];
            return format!(
                "its connection is not accepted yet, it waits in the queue of {}",
                self.names.holders(&listeners)
            );
        }
        if socket.is_datagram {
            return self.anybody(part, want);
        }
        part.hope("whoever holds its other end");
        match socket.addresses {
            Some((_, remote)) => format!("its other end, {remote}, is on another machine or cannot be seen"),
            None => {
                "who holds its other end cannot be seen (another user's process, or a descriptor in flight)"
                    .to_owned()
            }
        }
    }

    /// In a closed world the check reads from no socket while it waits.
    fn hope_of_ends(&self, part: &mut Part, holders: &[&Holder], want: Want) {
        let is_check = |holder: &Holder| Some(holder.pid) == self.snapshot.watcher;
        if want == Want::Read || self.snapshot.world == World::Open || !holders.iter().any(|h| is_check(h)) {
            return self.hope_of(part, holders, want);
        }
        let others: Vec<&Holder> = holders.iter().copied().filter(|holder| !is_check(holder)).collect();
        match others.is_empty() {
            true => part.clues.push(Clue::UnreadByCheck),
            false => self.hope_of(part, &others, want),
        }
    }

    fn end_words(&self, holders: &[&Holder], want: Want) -> String {
        if holders.iter().any(|holder| Some(holder.pid) != self.snapshot.watcher) {
            return format!("its other end is in {}", self.names.holders(holders));
        }
        match (want, self.snapshot.world) {
            (Want::Read, World::Closed) => {
                "its other end is the check, which has sent all it will send".to_owned()
            }
            (Want::Write, World::Closed) => "its other end is the check, which reads nothing now".to_owned(),
            _ => "its other end is the check".to_owned(),
        }
    }

    fn anybody(&self, part: &mut Part, want: Want) -> String {
        match (want, self.snapshot.world) {
            (Want::Read, World::Closed) => part.anyone = true,
            (Want::Read, World::Open) => part.hope("anybody who sends to it"),
            (Want::Write, World::Closed) if !self.has_receivers() => part.clues.push(Clue::UnreadByCheck),
            (Want::Write, _) => part.hope("the receiver, who cannot be seen"),
        }
        NO_FIXED_END.to_owned()
    }

    /// Whether a member has a datagram socket with a name: it may be the receiver of whatever is sent.
    fn has_receivers(&self) -> bool {
        let sockets = self.snapshot.sockets.all.iter().filter(|(_, socket)| socket.is_datagram);
        let members = |inode: &u64| {
            let holders = self.snapshot.holders(&Key::Socket(*inode), End::Any);
            holders
                .iter()
                .map(|holder| holder.pid)
                .filter(|pid| self.snapshot.members.contains_key(pid))
                .count()
        };
        // The sender itself has one, too.
        sockets.map(|(inode, _)| usize::from(members(inode) > 0)).sum::<usize>() > 1
    }

    /// Who holds the other end of a connected socket.
    pub(super) fn end_holders(&self, inode: u64) -> Vec<&Holder> {
        self.holders_of(&self.snapshot.sockets.peers(inode))
    }

    fn holders_of(&self, inodes: &[u64]) -> Vec<&Holder> {
        inodes.iter().flat_map(|inode| self.snapshot.holders(&Key::Socket(*inode), End::Any)).collect()
    }

    /// accept(2), or poll on a listening socket.
    fn listener(&self, member: &Process, number: i32, socket: &Socket) -> Part {
        let place = match socket.addresses {
            Some((local, _)) => local.to_string(),
            None => path(&socket.name),
        };
        let mut part =
            Part::new(format!("{}, the socket that listens at {place}: nobody connects", descriptor(number)));
        if socket.unread > 0 {
            part.hope("the client that has just connected");
        }
        let has_path = socket.name.starts_with('/');
        let is_gone = has_path && !exists(member.pid, &socket.name);
        if is_gone {
            part.notes.push(format!("{place} is no longer there: no client can find this socket any more"));
            part.clues.push(Clue::NameGone(place));
        } else if self.snapshot.world == World::Open {
            part.hope("a client that connects");
        } else {
            part.clues.push(Clue::NoClient);
        }
        part.anyone = !is_gone;
        part
    }

    /// connect(2) to the address of `length` bytes at `address`.
    pub(super) fn connect(&self, member: &Process, number: i32, address: u64, length: u64) -> Part {
        let family = borrow::peek::<2>(member.pid, address).map(u16::from_ne_bytes);
        if family != Some(libc::AF_UNIX as u16) {
            return Part::alive("waits for an answer to its connection request", "the network");
        }
        let name = borrow::peek_vec(member.pid, address + 2, (length as usize).saturating_sub(2).min(108));
        let name = name.map(|bytes| name_of(&bytes)).unwrap_or_default();
        let place = path(&name);
        let listeners = self.snapshot.sockets.listeners_at(&name);
        let mut part = Part { clues: vec![Clue::NotAccepted], ..Part::default() };
        let inodes: Vec<u64> = listeners.iter().map(|(inode, _)| *inode).collect();
        let holders = self.holders_of(&inodes);
        self.hope_of(&mut part, &holders, Want::Write);
        let room = listeners.first().map_or(String::new(), |(_, listener)| {
            format!(" ({} wait already, room for {})", listener.unread, listener.unsent + 1)
        });
        part.text = format!(
            "waits to connect to {place}: the queue of the listener is full{room}, and nobody accepts; it \
             listens in {}",
            self.names.holders(&holders)
        );
        self.time_out(member, number, true, &mut part);
        part
    }

    /// `SO_RCVTIMEO` and `SO_SNDTIMEO` end a blocking call; poll(2) does not know them.
    pub(super) fn time_out(&self, member: &Process, number: i32, sending: bool, part: &mut Part) {
        match borrow::gives_up(member.pid, number, sending) {
            Some(false) => {}
            Some(true) => part.hope("its own time-out, set on the socket"),
            None => part.hope_later("its own time-out, if the socket has one: that may not be asked"),
        }
    }
}

/// A path, `@name` in the abstract namespace, without the padding.
fn name_of(bytes: &[u8]) -> String {
    match bytes {
        [0, name @ ..] => format!("@{}", String::from_utf8_lossy(name)),
        path => {
            let end = path.iter().position(|&byte| byte == 0).unwrap_or(path.len());
            String::from_utf8_lossy(&path[..end]).into_owned()
        }
    }
}

fn exists(pid: i32, name: &str) -> bool {
    std::fs::symlink_metadata(format!("/proc/{pid}/root{name}")).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(b"/tmp/s\0\0\0", "/tmp/s")]
    #[case(b"/tmp/s", "/tmp/s")]
    #[case(b"\0name", "@name")]
    #[case(b"", "")]
    fn the_name_of_an_address_is_read(#[case] bytes: &[u8], #[case] name: &str) {
        assert_eq!(name_of(bytes), name);
    }
}
