//! What messages travel through: packets, on pipes or on datagram sockets. See `pipe(2)` O_DIRECT, `unix(7)`.
//!
//! Each rank has an *inbox*: a channel of packets with one reader and many writers. Both kinds keep packets whole and
//! in their order, so a read gives exactly one packet. All ends block: there is a thread of the receiver that does
//! nothing but take packets out ([`mailbox`](crate::mailbox)), so room comes for whoever waits for it.

#![allow(unsafe_code, reason = "a number in the environment becomes a descriptor")]

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use ipc_kit::retry;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use nix::unistd;

use crate::failure::Failure;
use crate::options::Transport;

/// The largest packet on a pipe: PIPE_BUF, beyond which writes of several writers may mix.
const PIPE_PACKET: usize = 4 << 10;
/// The largest packet on a socket: some of them have room in its send buffer.
const SOCKET_PACKET: usize = 32 << 10;

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
    let make = || match transport {
        // O_DIRECT: what one write has written, one read gives, and no more.
        Transport::Pipes => unistd::pipe2(OFlag::O_CLOEXEC | OFlag::O_DIRECT),
        Transport::Sockets => {
            socketpair(AddressFamily::Unix, SockType::Datagram, None, SockFlag::SOCK_CLOEXEC)
        }
    };
    (0..n).map(|_| make().map(|(read, write)| Inbox { read, write })).collect()
}

/// `IPCLAB_ADDR` of rank `rank`: `KIND READ WRITE0 WRITE1 …`, and the descriptors that it needs to have.
pub fn address(transport: Transport, inboxes: &[Inbox], rank: usize) -> (String, Vec<RawFd>) {
    let kind = match transport {
        Transport::Pipes => "pipes",
        Transport::Sockets => "sockets",
    };
    let mut numbers = vec![inboxes[rank].read.as_raw_fd()];
    let others = inboxes.iter().enumerate().filter(|(other, _)| *other != rank);
    numbers.extend(others.map(|(_, inbox)| inbox.write.as_raw_fd()));
    let words: Vec<String> = numbers.iter().map(RawFd::to_string).collect();
    (format!("{kind} {}", words.join(" ")), numbers)
}

/// The ends that one rank has.
#[derive(Debug)]
pub struct Wire {
    /// Where packets for this rank come out.
    pub inbox: OwnedFd,
    /// Where packets for each rank go in; none for itself.
    pub outboxes: Vec<Option<OwnedFd>>,
    /// No packet is longer.
    pub packet: usize,
}

impl Wire {
    /// Takes over the descriptors that mpirun has left to rank `rank` of `size`.
    ///
    /// # Errors
    /// `IPCLAB_ADDR` is not what this mpirun writes.
    pub fn claim(address: &str, rank: usize, size: usize) -> Result<Wire, Failure> {
        let wrong = |reason: &str| Failure::new("IPCLAB_ADDR", reason);
        let mut words = address.split(' ');
        let packet = match words.next() {
            Some("pipes") => PIPE_PACKET,
            Some("sockets") => SOCKET_PACKET,
            _ => return Err(wrong("neither pipes nor sockets")),
        };
        let numbers: Vec<RawFd> = words
            .map(|word| word.parse().ok().filter(|&number| number > 2))
            .collect::<Option<_>>()
            .ok_or_else(|| wrong("not a list of descriptors"))?;
        let mut sorted = numbers.clone();
        sorted.sort_unstable();
        sorted.dedup();
        if numbers.len() != size || sorted.len() != size {
            return Err(wrong("not a descriptor for each rank"));
        }
        let owned = own(&numbers).map_err(|errno| Failure::system("IPCLAB_ADDR", errno))?;
        let mut owned = owned.into_iter();
        let inbox = owned.next().ok_or_else(|| wrong("no inbox"))?;
        let outboxes = (0..size).map(|to| if to == rank { None } else { owned.next() }).collect();
        Ok(Wire { inbox, outboxes, packet })
    }
}

/// Makes descriptors ours. They are closed by exec from now on: what this rank starts must not keep them open.
fn own(numbers: &[RawFd]) -> nix::Result<Vec<OwnedFd>> {
    static IS_CLAIMED: AtomicBool = AtomicBool::new(false);
    if IS_CLAIMED.swap(true, Relaxed) {
        return Err(Errno::EBUSY);
    }
    for &number in numbers {
        // SAFETY: nobody in this process closes the number while it is borrowed; if it is not open, fcntl says so.
        let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
        fcntl(borrowed, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    }
    let own = |&number| {
        // SAFETY: the number is open (above), differs from all others (`claim`), and mpirun has opened it for us; that
        // nobody else makes it an owned one is what IS_CLAIMED is for.
        unsafe { OwnedFd::from_raw_fd(number) }
    };
    Ok(numbers.iter().map(own).collect())
}

/// Writes one packet; waits for room. `false`: nobody is there who could ever read it.
///
/// # Errors
/// What write(2) says.
pub fn put(outbox: &OwnedFd, packet: &[u8]) -> nix::Result<bool> {
    match retry(|| unistd::write(outbox, packet)) {
        Ok(_) => Ok(true),
        // A pipe says EPIPE (SIGPIPE is ignored in Rust programs), a datagram socket the others.
        Err(Errno::EPIPE | Errno::ECONNREFUSED | Errno::ECONNRESET | Errno::ENOTCONN) => Ok(false),
        Err(errno) => Err(errno),
    }
}
