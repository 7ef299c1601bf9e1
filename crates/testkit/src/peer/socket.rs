//! The few system calls of sockets, on descriptors that own themselves.
#![allow(
    unsafe_code,
    reason = "nix gives accepted and passed descriptors as numbers; two ioctls have no wrapper"
)]

use std::fs;
use std::io::{IoSlice, IoSliceMut};
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::time::Duration;

use nix::cmsg_space;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    self, AddressFamily, ControlMessageOwned, MsgFlags, SockFlag, SockType, SockaddrLike, SockaddrStorage,
    UnixAddr,
};

use super::Address;

mod raw {
    nix::ioctl_read_bad!(unread_by_the_other, libc::TIOCOUTQ, libc::c_int);
}

/// A new socket of this kind for this address, which does not block and is closed by exec.
pub(crate) fn make(address: Option<&Address>, kind: SockType) -> Result<OwnedFd, Errno> {
    let family = match address {
        Some(Address::Inet(address)) if address.is_ipv6() => AddressFamily::Inet6,
        Some(Address::Inet(_)) => AddressFamily::Inet,
        _ => AddressFamily::Unix,
    };
    socket::socket(family, kind, SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK, None)
}

/// The next connection of a listener.
pub(crate) fn accept(listener: &OwnedFd) -> Result<OwnedFd, Errno> {
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    socket::accept4(listener.as_raw_fd(), flags).map(owned)
}

/// Begins to connect. `EINPROGRESS`: the socket becomes writable, and [`failure`] tells how it went.
pub(crate) fn connect(socket: &OwnedFd, to: &dyn SockaddrLike) -> Result<(), Errno> {
    socket::connect(socket.as_raw_fd(), to)
}

/// Gives a socket its name.
pub(crate) fn bind(socket: &OwnedFd, at: &dyn SockaddrLike) -> Result<(), Errno> {
    socket::bind(socket.as_raw_fd(), at)
}

/// The name a socket has.
pub(crate) fn name(socket: &OwnedFd) -> Result<Option<Address>, Errno> {
    socket::getsockname::<SockaddrStorage>(socket.as_raw_fd()).map(|name| Address::from_kernel(&name))
}

/// The name of the socket at the other end.
pub(crate) fn other_name(socket: &OwnedFd) -> Result<Option<Address>, Errno> {
    socket::getpeername::<SockaddrStorage>(socket.as_raw_fd()).map(|name| Address::from_kernel(&name))
}

/// What a connection failed with, if it did.
pub(crate) fn failure(socket: &OwnedFd) -> Result<(), Errno> {
    match socket::getsockopt(socket, socket::sockopt::SocketError)? {
        0 => Ok(()),
        code => Err(Errno::from_raw(code)),
    }
}

/// Sends what the kernel takes.
pub(crate) fn send(socket: &OwnedFd, bytes: &[u8]) -> Result<usize, Errno> {
    socket::send(socket.as_raw_fd(), bytes, MsgFlags::MSG_NOSIGNAL)
}

/// Sends one datagram to an address.
pub(crate) fn send_to(socket: &OwnedFd, bytes: &[u8], to: &dyn SockaddrLike) -> Result<usize, Errno> {
    socket::sendto(socket.as_raw_fd(), bytes, to, MsgFlags::MSG_NOSIGNAL)
}

/// Receives what is there; 0 is the end of a stream.
pub(crate) fn receive(socket: &OwnedFd, buffer: &mut [u8]) -> Result<usize, Errno> {
    socket::recv(socket.as_raw_fd(), buffer, MsgFlags::empty())
}

/// Receives one datagram and who sent it.
pub(crate) fn receive_from(
    socket: &OwnedFd,
    buffer: &mut [u8],
) -> Result<(usize, Option<SockaddrStorage>), Errno> {
    socket::recvfrom(socket.as_raw_fd(), buffer)
}

/// What arrived together with bytes: how many, and the descriptors that came with them.
pub(crate) struct WithDescriptors {
    pub(crate) bytes: usize,
    pub(crate) descriptors: Vec<OwnedFd>,
}

/// Receives bytes and the descriptors passed with them (`SCM_RIGHTS`, unix(7)), each closed by exec.
pub(crate) fn receive_descriptors(socket: &OwnedFd, buffer: &mut [u8]) -> Result<WithDescriptors, Errno> {
    let mut control = cmsg_space!([RawFd; 8]);
    let mut parts = [IoSliceMut::new(buffer)];
    let flags = MsgFlags::MSG_CMSG_CLOEXEC;
    let message = socket::recvmsg::<UnixAddr>(socket.as_raw_fd(), &mut parts, Some(&mut control), flags)?;
    let mut descriptors = Vec::new();
    for control in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(numbers) = control {
            descriptors.extend(numbers.into_iter().map(owned));
        }
    }
    Ok(WithDescriptors { bytes: message.bytes, descriptors })
}

/// Sends bytes and descriptors in one message.
pub(crate) fn send_descriptors(
    socket: &OwnedFd,
    bytes: &[u8],
    descriptors: &[RawFd],
) -> Result<usize, Errno> {
    let rights = [socket::ControlMessage::ScmRights(descriptors)];
    let parts = [IoSlice::new(bytes)];
    socket::sendmsg::<()>(socket.as_raw_fd(), &parts, &rights, MsgFlags::MSG_NOSIGNAL, None)
}

/// Ends the sending direction.
pub(crate) fn end_sending(socket: &OwnedFd) -> Result<(), Errno> {
    socket::shutdown(socket.as_raw_fd(), socket::Shutdown::Write)
}

/// Bytes sent on a Unix socket that the other side has not read (more than that, for each piece has a cost).
pub(crate) fn unread_by_the_other(socket: &OwnedFd) -> Result<i32, Errno> {
    let mut bytes = 0;
    // SAFETY: SIOCOUTQ (TIOCOUTQ by another name, unix(7)) writes one int, and `bytes` is one; the descriptor is ours.
    unsafe { raw::unread_by_the_other(socket.as_raw_fd(), &mut bytes) }?;
    Ok(bytes)
}

/// Whether `socket` is ready for `what` now; an error makes it ready for everything.
pub(crate) fn is_ready(socket: &OwnedFd, what: PollFlags) -> bool {
    let mut wanted = [PollFd::new(socket.as_fd(), what)];
    poll(&mut wanted, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
}

/// Bytes that have arrived at the TCP socket `own`, connected to `other`, and that its program has not read; `None` if there
/// is no such connection any more. From `/proc/net/tcp` (proc(5)), where each word of an address is in host byte order.
pub(crate) fn waits_to_be_read(own: SocketAddr, other: SocketAddr) -> Option<u64> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| fs::read_to_string(path).unwrap_or_default());
    tables.iter().flat_map(|table| table.lines().skip(1)).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, local, remote, _, queues, ..] = fields.as_slice() else { return None };
        let is_it = inet(local)? == canonical(own) && inet(remote)? == canonical(other);
        u64::from_str_radix(queues.split(':').nth(1)?, 16).ok().filter(|_| is_it)
    })
}

/// `0100007F:1F90` as 127.0.0.1:8080.
fn inet(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let words = address.as_bytes().chunks(8).map(|word| {
        let word = std::str::from_utf8(word).ok()?;
        u32::from_str_radix(word, 16).ok().map(u32::to_ne_bytes)
    });
    let bytes: Vec<u8> = words.collect::<Option<Vec<_>>>()?.concat();
    let address = match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok()?.into(),
        _ => std::net::IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?),
    };
    Some(canonical(SocketAddr::new(address, u16::from_str_radix(port, 16).ok()?)))
}

/// An IPv4 address that an IPv6 socket sees is the IPv4 address.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// The number by which proc(5) knows it; 0 if that cannot be asked.
pub(crate) fn inode(socket: &OwnedFd) -> u64 {
    nix::sys::stat::fstat(socket).map_or(0, |status| status.st_ino)
}

/// Sleeps until `socket` is ready for `what`, for `longest` at most.
pub(crate) fn await_ready(socket: &OwnedFd, what: PollFlags, longest: Duration) {
    let mut wanted = [PollFd::new(socket.as_fd(), what)];
    let millis = PollTimeout::try_from(longest.as_millis().max(1)).unwrap_or(PollTimeout::ZERO);
    // Whatever it says, the caller looks again.
    let _ = poll(&mut wanted, millis);
}

fn owned(number: RawFd) -> OwnedFd {
    // SAFETY: the kernel has just made this descriptor for this call's caller, and nobody else knows its number.
    unsafe { OwnedFd::from_raw_fd(number) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_the_table_of_connections_is_read() {
        if cfg!(target_endian = "little") {
            assert_eq!(inet("0100007F:1F90"), Some("127.0.0.1:8080".parse().unwrap()));
            assert_eq!(inet("00000000000000000000000001000000:0050"), Some("[::1]:80".parse().unwrap()));
            assert_eq!(inet("0000000000000000FFFF00000100007F:0050"), Some("127.0.0.1:80".parse().unwrap()));
        }
        assert_eq!(inet("x"), None);
    }
}
