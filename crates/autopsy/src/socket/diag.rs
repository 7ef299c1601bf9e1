//! Unix sockets by sock_diag(7): the only place where the kernel says which socket is whose peer. It needs no
//! privilege, and sees the network namespace in which the netlink socket was made.

use std::collections::HashMap;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, socket};

use super::{Family, Socket};

/// From `<linux/sock_diag.h>`, `<linux/netlink.h>` and `<linux/unix_diag.h>`.
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const REQUEST_AND_DUMP: u16 = 0x301;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
/// NAME, PEER, ICONS and RQLEN.
const SHOW: u32 = 0x1 | 0x4 | 0x8 | 0x10;
const HEADER: usize = 16;
const MESSAGE: usize = 16;
const NAME: u16 = 0;
const PEER: u16 = 2;
const ICONS: u16 = 3;
const RQLEN: u16 = 4;

/// A netlink socket for questions about this network namespace.
pub(crate) fn open() -> Option<OwnedFd> {
    let flags = SockFlag::SOCK_CLOEXEC;
    socket(AddressFamily::Netlink, SockType::Raw, flags, SockProtocol::NetlinkSockDiag).ok()
}

/// Every Unix socket that `netlink` can see, by inode; `None` if the kernel does not answer.
pub(crate) fn ask(netlink: &OwnedFd) -> Option<HashMap<u64, Socket>> {
    let request = request();
    send(netlink.as_raw_fd(), &request, MsgFlags::empty()).ok()?;
    let mut sockets = HashMap::new();
    let mut buffer = vec![0; 1 << 17];
    loop {
        let length = recv(netlink.as_raw_fd(), &mut buffer, MsgFlags::empty()).ok()?;
        match read(&buffer[..length], &mut sockets) {
            Answer::More if length > 0 => {}
            Answer::Done => return Some(sockets),
            _ => return None,
        }
    }
}

fn request() -> [u8; 40] {
    let mut bytes = [0; 40];
    bytes[0..4].copy_from_slice(&40_u32.to_ne_bytes());
    bytes[4..6].copy_from_slice(&SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    bytes[6..8].copy_from_slice(&REQUEST_AND_DUMP.to_ne_bytes());
    bytes[16] = libc::AF_UNIX as u8;
    bytes[20..24].copy_from_slice(&u32::MAX.to_ne_bytes()); // all states
    bytes[28..32].copy_from_slice(&SHOW.to_ne_bytes());
    bytes
}

/// What a datagram of answers says of the whole.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    More,
    Done,
    Refused,
}

/// Reads one datagram of answers.
fn read(mut bytes: &[u8], sockets: &mut HashMap<u64, Socket>) -> Answer {
    while let (Some(length), Some(kind)) = (u32_at(bytes, 0), u16_at(bytes, 4)) {
        let length = length as usize;
        match kind {
            NLMSG_DONE => return Answer::Done,
            NLMSG_ERROR => return Answer::Refused,
            _ if length < HEADER => return Answer::Refused,
            _ => {}
        }
        if let Some((inode, socket)) = bytes.get(HEADER..length).and_then(message) {
            sockets.insert(inode, socket);
        }
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Answer::More
}

/// One `unix_diag_msg` with its attributes.
fn message(bytes: &[u8]) -> Option<(u64, Socket)> {
    let kind = i32::from(*bytes.get(1)?);
    let inode = u64::from(u32_at(bytes, 4)?);
    let mut socket =
        Socket { is_datagram: kind == libc::SOCK_DGRAM, state: *bytes.get(2)?, ..Socket::new(Family::Unix) };
    let mut rest = bytes.get(MESSAGE..)?;
    while let (Some(length), Some(name)) = (u16_at(rest, 0), u16_at(rest, 2)) {
        let Some(value) = rest.get(4..usize::from(length)) else { break };
        match name {
            NAME => socket.name = name_of(value),
            PEER => socket.peer = u32_at(value, 0).map(u64::from),
            ICONS => socket.queued = value.chunks(4).filter_map(|c| u32_at(c, 0)).map(u64::from).collect(),
            RQLEN => {
                socket.unread = u32_at(value, 0).unwrap_or(0);
                socket.unsent = u32_at(value, 4).unwrap_or(0);
            }
            _ => {}
        }
        rest = rest.get(usize::from(length).next_multiple_of(4)..).unwrap_or_default();
    }
    Some((inode, socket))
}

/// A path, or `@name` for a name in the abstract namespace; unix(7).
fn name_of(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    match text.strip_prefix('\0') {
        Some(name) => format!("@{name}"),
        None => text.trim_end_matches('\0').to_owned(),
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(name: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = (4 + value.len() as u16).to_ne_bytes().to_vec();
        bytes.extend(name.to_ne_bytes());
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn datagram(state: u8, inode: u32, attributes: &[Vec<u8>]) -> Vec<u8> {
        let mut body = vec![libc::AF_UNIX as u8, libc::SOCK_STREAM as u8, state, 0];
        body.extend(inode.to_ne_bytes());
        body.extend([0; 8]);
        body.extend(attributes.concat());
        let mut bytes = (HEADER as u32 + body.len() as u32).to_ne_bytes().to_vec();
        bytes.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
        bytes.extend([0; 10]);
        bytes.extend(body);
        bytes
    }

    #[test]
    fn an_answer_tells_peer_name_and_queue() {
        let queued: Vec<u8> = [71_u32, 72].iter().flat_map(|inode| inode.to_ne_bytes()).collect();
        let length: Vec<u8> = [2_u32, 5].iter().flat_map(|n| n.to_ne_bytes()).collect();
        let listener = datagram(
            10,
            70,
            &[attribute(NAME, b"/tmp/s\0"), attribute(ICONS, &queued), attribute(RQLEN, &length)],
        );
        let client = datagram(1, 71, &[attribute(PEER, &70_u32.to_ne_bytes())]);
        let mut sockets = HashMap::new();
        assert_eq!(read(&[listener, client].concat(), &mut sockets), Answer::More);
        let listener = &sockets[&70];
        assert_eq!((listener.name.as_str(), listener.unread, listener.unsent), ("/tmp/s", 2, 5));
        assert!(listener.is_listening());
        assert_eq!(listener.queued, [71, 72]);
        assert_eq!(sockets[&71].peer, Some(70));
    }

    #[test]
    fn the_end_and_an_error_are_told_apart() {
        let mut bytes = [0; 20];
        bytes[0] = 20;
        bytes[4] = NLMSG_DONE as u8;
        assert_eq!(read(&bytes, &mut HashMap::new()), Answer::Done);
        bytes[4] = NLMSG_ERROR as u8;
        assert_eq!(read(&bytes, &mut HashMap::new()), Answer::Refused);
        assert_eq!(read(&bytes[..3], &mut HashMap::new()), Answer::More);
    }

    #[test]
    fn a_pair_of_sockets_is_found_with_its_peer() {
        use std::os::unix::fs::MetadataExt as _;
        let (one, other) = std::os::unix::net::UnixStream::pair().unwrap();
        let inode = |socket: &std::os::unix::net::UnixStream| {
            std::fs::metadata(format!("/proc/self/fd/{}", socket.as_raw_fd())).unwrap().ino()
        };
        let sockets = ask(&open().unwrap()).unwrap();
        assert_eq!(sockets[&inode(&one)].peer, Some(inode(&other)));
    }
}
