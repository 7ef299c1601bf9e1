//! What messages travel through.
// BEGIN SOLUTION
//!
//! An inbox is a pipe, or a pair of sockets that keep packets apart. All ranks hold the end that is written to. A
//! packet is never longer than what the kernel takes whole (PIPE_BUF, for a pipe), so packets of several writers do
//! not mix. See `pipe(7)`, `unix(7)`, `poll(2)`.
// END SOLUTION

#![allow(unsafe_code, reason = "a number in the environment becomes a descriptor")]

use std::os::fd::OwnedFd;
// BEGIN SOLUTION
use std::os::fd::{AsFd, AsRawFd, FromRawFd, RawFd};

use ipc_kit::retry;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, send, socketpair};
use nix::unistd::{pipe2, read, write};

/// A packet begins with four numbers of four bytes: its sender, its tag, how many bytes of the message come after
/// it, and how many are in it.
const HEAD: usize = 16;
/// The longest packet of a pipe: PIPE_BUF.
const PIPE_PACKET: usize = 4096;
/// The longest packet of a socket.
const SOCKET_PACKET: usize = 32 << 10;
/// So much is read at once: all that a pipe holds, or one packet of a socket.
const BLOCK: usize = 64 << 10;
/// How often a rank looks whether something has come before it sleeps. To fall asleep and be woken on another core takes
/// some 25 µs, and so do these looks: if the message comes before, it was not worth to sleep; if not, the wait has cost
/// twice as much as it had to. Each look yields the processor, so that on one core the others get on meanwhile.
const LOOKS: usize = 50;
// END SOLUTION

use crate::options::Transport;

/// Where the messages to one rank arrive.
#[derive(Debug)]
pub struct Inbox {
    /// For that rank.
    pub read: OwnedFd,
    /// For all others.
    pub write: OwnedFd,
}

/// Makes an inbox for each of `n` ranks. For `mpirun`.
///
/// # Errors
/// `EMFILE`, `ENFILE`: no descriptor is left.
pub fn inboxes(transport: Transport, n: usize) -> nix::Result<Vec<Inbox>> {
    // BEGIN SOLUTION
    let one = |_| match transport {
        Transport::Pipes => {
            let (read, write) = pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
            Ok(Inbox { read, write })
        }
        Transport::Sockets => {
            let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
            let (read, write) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, flags)?;
            Ok(Inbox { read, write })
        }
    };
    (0..n).map(one).collect()
    // END SOLUTION
    // STUB: todo!("M4: make what the ranks will talk by (you may choose another way)")
}
// BEGIN SOLUTION

/// `IPCLAB_ADDR` of a rank: the transport, its own inbox, the inboxes of all; descriptors by their numbers.
pub fn address(transport: Transport, inboxes: &[Inbox], rank: usize) -> String {
    let kind = match transport {
        Transport::Pipes => "pipes",
        Transport::Sockets => "sockets",
    };
    let all: Vec<String> = inboxes.iter().map(|inbox| inbox.write.as_raw_fd().to_string()).collect();
    format!("{kind} {} {}", inboxes[rank].read.as_raw_fd(), all.join(" "))
}

/// The descriptors that a rank must keep over its exec.
pub fn kept(inboxes: &[Inbox], rank: usize) -> Vec<RawFd> {
    let all = inboxes.iter().map(|inbox| inbox.write.as_raw_fd());
    all.chain([inboxes[rank].read.as_raw_fd()]).collect()
}

/// A piece of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// Its sender.
    pub from: usize,
    /// The message's tag.
    pub tag: i32,
    /// How many bytes of the message come after it.
    pub left: usize,
    /// The piece.
    pub bytes: Vec<u8>,
}

impl Packet {
    fn encode(&self) -> Vec<u8> {
        // Messages are shorter than 4 GiB: more does not fit into a rank.
        let number = |n: usize| (n as u32).to_le_bytes();
        let head = [number(self.from), self.tag.to_le_bytes(), number(self.left), number(self.bytes.len())];
        [head.concat(), self.bytes.clone()].concat()
    }

    /// The packet at the beginning of `bytes`, and its length there; `None` if not all of it is there.
    fn decode(bytes: &[u8]) -> Option<(Packet, usize)> {
        let field = |i: usize| bytes.get(4 * i..4 * i + 4)?.try_into().ok();
        let number = |i: usize| field(i).map(|four| u32::from_le_bytes(four) as usize);
        let (from, left, length) = (number(0)?, number(2)?, number(3)?);
        let tag = i32::from_le_bytes(field(1)?);
        let end = HEAD + length;
        Some((Packet { from, tag, left, bytes: bytes.get(HEAD..end)?.to_vec() }, end))
    }
}

/// The wires of one rank.
#[derive(Debug)]
pub struct Wire {
    inbox: OwnedFd,
    others: Vec<OwnedFd>,
    is_pipe: bool,
    /// What was read and is not yet a packet.
    rest: Vec<u8>,
    /// For the next read. It is made once: to clear 64 KiB costs more than to read a short message.
    buffer: Vec<u8>,
}

impl Wire {
    /// Takes up what [`address`] describes; `None` if it describes nothing.
    pub fn open(address: &str, size: usize) -> Option<Wire> {
        let mut words = address.split(' ');
        let is_pipe = match words.next()? {
            "pipes" => true,
            "sockets" => false,
            _ => return None,
        };
        let mut all: Vec<OwnedFd> = words.map(inherited).collect::<Option<_>>()?;
        let (rest, buffer) = (Vec::new(), vec![0; BLOCK]);
        (all.len() == size + 1).then(|| Wire { inbox: all.remove(0), others: all, is_pipe, rest, buffer })
    }

    /// How many bytes of a message fit into a packet.
    pub fn room(&self) -> usize {
        if self.is_pipe { PIPE_PACKET - HEAD } else { SOCKET_PACKET - HEAD }
    }

    /// Sends a packet if there is room for it, and says whether. To a rank that has ended: it is lost.
    ///
    /// # Errors
    /// What write(2) and send(2) say.
    pub fn try_send(&self, to: usize, packet: &Packet) -> nix::Result<bool> {
        let bytes = packet.encode();
        let sent = if self.is_pipe {
            retry(|| write(&self.others[to], &bytes))
        } else {
            retry(|| send(self.others[to].as_raw_fd(), &bytes, MsgFlags::MSG_NOSIGNAL))
        };
        match sent {
            Ok(_) | Err(Errno::EPIPE | Errno::ECONNRESET) => Ok(true),
            Err(Errno::EAGAIN) => Ok(false),
            Err(errno) => Err(errno),
        }
    }

    /// Waits until something has come, or until there may be room in the inbox of `to`.
    ///
    /// # Errors
    /// What poll(2) says.
    pub fn wait(&self, to: Option<usize>) -> nix::Result<()> {
        let mut watched = vec![PollFd::new(self.inbox.as_fd(), PollFlags::POLLIN)];
        watched.extend(to.map(|to| PollFd::new(self.others[to].as_fd(), PollFlags::POLLOUT)));
        for _ in 0..LOOKS {
            if retry(|| poll(&mut watched, PollTimeout::ZERO))? > 0 {
                return Ok(());
            }
            std::thread::yield_now();
        }
        retry(|| poll(&mut watched, PollTimeout::NONE)).map(drop)
    }

    /// Takes what is there, by one read: all packets of a pipe, or one of a socket; none if nothing is there.
    ///
    /// # Errors
    /// What read(2) says.
    pub fn take(&mut self) -> nix::Result<Vec<Packet>> {
        match retry(|| read(&self.inbox, &mut self.buffer)) {
            Ok(count) => self.rest.extend_from_slice(&self.buffer[..count]),
            Err(Errno::EAGAIN) => {}
            Err(errno) => return Err(errno),
        }
        let (mut packets, mut used) = (Vec::new(), 0);
        while let Some((packet, length)) = Packet::decode(&self.rest[used..]) {
            used += length;
            packets.push(packet);
        }
        self.rest.drain(..used);
        Ok(packets)
    }
}

/// A descriptor that this process has got from its parent, by its number. It will not be inherited further.
fn inherited(number: &str) -> Option<OwnedFd> {
    let number: RawFd = number.parse().ok().filter(|&number| number > 2)?;
    // SAFETY: `mpirun` has opened this number for us, told us so by the environment, and nobody else in this
    // process knows it: it is taken up once, before anything else is opened. A number that is not open fails below.
    let descriptor = unsafe { OwnedFd::from_raw_fd(number) };
    match fcntl(&descriptor, FcntlArg::F_SETFD(nix::fcntl::FdFlag::FD_CLOEXEC)) {
        Ok(_) => Some(descriptor),
        Err(_) => {
            // It is not open, so there is nothing to close.
            std::mem::forget(descriptor);
            None
        }
    }
}
// END SOLUTION
