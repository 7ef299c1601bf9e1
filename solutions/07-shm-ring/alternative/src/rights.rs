//! A byte and a descriptor over a Unix socket: sendmsg(2), recvmsg(2), cmsg(3), by hand.
#![allow(unsafe_code, reason = "control messages are built and read in raw memory")]

use std::os::fd::AsFd;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use ipc_kit::retry;
use nix::errno::Errno;

/// Descriptors for which there is room: one more than is wanted, so that a second one is noticed.
const ROOM: usize = 2;
/// The bytes of one descriptor.
const SIZE: usize = size_of::<RawFd>();

/// Memory for control messages. `u64`: a `cmsghdr` must be aligned.
type Control = [u64; 8];

/// A message of one byte.
struct Message {
    header: libc::msghdr,
}

impl Message {
    /// Both live as long as the message is used: the callers below see to that.
    fn new(part: &mut libc::iovec, control: &mut Control, control_len: usize) -> Message {
        // SAFETY: a msghdr of zeros is valid: no name, no parts, no control.
        let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
        header.msg_iov = part;
        header.msg_iovlen = 1;
        header.msg_control = control.as_mut_ptr().cast();
        header.msg_controllen = control_len;
        Message { header }
    }
}

/// Sends a byte, and a descriptor with it.
///
/// # Errors
/// Those of sendmsg(2).
pub(crate) fn send(to: impl AsFd, mut byte: u8, descriptor: impl AsFd) -> nix::Result<()> {
    let raw: RawFd = descriptor.as_fd().as_raw_fd();
    let mut part = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
    let mut control: Control = [0; 8];
    // SAFETY: it only computes. Space for one descriptor is 24 bytes, less than there are.
    let space = unsafe { libc::CMSG_SPACE(SIZE as u32) } as usize;
    let message = Message::new(&mut part, &mut control, space);
    // SAFETY: the header is valid, and has room for a control message.
    let first = unsafe { libc::CMSG_FIRSTHDR(&raw const message.header) };
    // SAFETY: it points into `control`, which is aligned and has nobody else.
    let first = unsafe { &mut *first };
    first.cmsg_level = libc::SOL_SOCKET;
    first.cmsg_type = libc::SCM_RIGHTS;
    // SAFETY: it only computes.
    first.cmsg_len = unsafe { libc::CMSG_LEN(SIZE as u32) } as usize;
    // SAFETY: it only computes, from a header that is in `control`.
    let data = unsafe { libc::CMSG_DATA(first) };
    // SAFETY: `space` has room for it there.
    unsafe { data.cast::<RawFd>().write_unaligned(raw) };
    let to: BorrowedFd<'_> = to.as_fd();
    let sent = retry(|| {
        // SAFETY: all that the header points to lives here.
        Errno::result(unsafe { libc::sendmsg(to.as_raw_fd(), &raw const message.header, libc::MSG_NOSIGNAL) })
    })?;
    if sent == 1 { Ok(()) } else { Err(Errno::EIO) }
}

/// Receives a byte, and what descriptors came with it. `None`: the other one has ended.
///
/// # Errors
/// Those of recvmsg(2).
pub(crate) fn receive(from: impl AsFd) -> nix::Result<(Option<u8>, Vec<OwnedFd>)> {
    let mut byte = 0_u8;
    let mut part = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
    let mut control: Control = [0; 8];
    // SAFETY: it only computes.
    let space = unsafe { libc::CMSG_SPACE((ROOM * SIZE) as u32) } as usize;
    let mut message = Message::new(&mut part, &mut control, space);
    let from: BorrowedFd<'_> = from.as_fd();
    let count = retry(|| {
        // SAFETY: all that the header points to lives here.
        Errno::result(unsafe {
            libc::recvmsg(from.as_raw_fd(), &raw mut message.header, libc::MSG_CMSG_CLOEXEC)
        })
    })?;
    let descriptors = descriptors(&message.header);
    Ok(((count == 1).then_some(byte), descriptors))
}

/// All descriptors of a message that was received: from here on they are owned, so none is left open.
fn descriptors(header: &libc::msghdr) -> Vec<OwnedFd> {
    let mut found = Vec::new();
    // SAFETY: the kernel has filled the header in.
    let mut at = unsafe { libc::CMSG_FIRSTHDR(header) };
    // SAFETY: not null, so it points to a control message that the kernel wrote.
    while let Some(message) = unsafe { at.as_ref() } {
        if (message.cmsg_level, message.cmsg_type) == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
            // SAFETY: it only computes.
            let head = unsafe { libc::CMSG_LEN(0) } as usize;
            // SAFETY: it only computes, from a header that is there.
            let data = unsafe { libc::CMSG_DATA(message) }.cast::<RawFd>();
            for index in 0..(message.cmsg_len - head) / SIZE {
                // SAFETY: the message has so many descriptors.
                let place = unsafe { data.add(index) };
                // SAFETY: as above.
                let raw = unsafe { place.read_unaligned() };
                // SAFETY: the kernel made it for us just now, and this is its only owner.
                found.push(unsafe { OwnedFd::from_raw_fd(raw) });
            }
        }
        // SAFETY: both are of the message that the kernel wrote.
        at = unsafe { libc::CMSG_NXTHDR(header, at) };
    }
    found
}
