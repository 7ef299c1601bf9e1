//! Questions that must be asked from inside another namespace: network for sock_diag(7), IPC for System V.
//!
//! A child process enters the namespace, opens what is needed there, and hands the descriptor back: a netlink
//! socket and a file of `/proc/sysvipc` belong to the namespace they were opened in. This process itself
//! stays where it is. Works without root for whoever made the user namespace that owns the other one.
#![allow(unsafe_code, reason = "clone(2) and setns(2): Rust cannot check what runs between fork and _exit")]

use std::fs::File;
use std::io::{IoSliceMut, Read as _};
use std::os::fd::{AsRawFd, FromRawFd as _, OwnedFd, RawFd};

use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg, socketpair,
};

use crate::proc::{bracketed, link, text};
use crate::socket::diag;

mod raw {
    // From <linux/nsfs.h>: the user namespace that owns a namespace.
    nix::ioctl_none!(owner, 0xb7, 1);
}

/// A netlink socket in the network namespace of `pid`, whose number is `network`.
pub(crate) fn netlink(pid: i32, network: Option<u64>) -> Option<OwnedFd> {
    let own = link("/proc/self/ns/net").and_then(|text| bracketed(&text, "net"));
    if network.is_none() || network == own {
        return diag::open();
    }
    from_inside(pid, "net", Wish::Netlink)
}

/// `/proc/sysvipc/msg` as seen from the IPC namespace of `pid`.
pub(crate) fn queues(pid: i32) -> Option<String> {
    let path = "/proc/sysvipc/msg";
    if link(&format!("/proc/{pid}/ns/ipc")) == link("/proc/self/ns/ipc") {
        return text(path);
    }
    let mut file = File::from(from_inside(pid, "ipc", Wish::Queues)?);
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    Some(text)
}

/// What the child opens inside.
#[derive(Clone, Copy)]
enum Wish {
    Netlink,
    Queues,
}

fn from_inside(pid: i32, kind: &str, wish: Wish) -> Option<OwnedFd> {
    let inside = File::open(format!("/proc/{pid}/ns/{kind}")).ok()?;
    // The process may sit in a deeper user namespace: the one that owns this namespace is needed. Where it is
    // our own or above, this fails or changes nothing.
    // SAFETY: this ioctl takes no argument, and the descriptor is open.
    let owner = unsafe { raw::owner(inside.as_raw_fd()) }.ok().map(|number| {
        // SAFETY: the kernel has just made this descriptor for us, and nobody else has it.
        unsafe { OwnedFd::from_raw_fd(number) }
    });
    let owner_number = owner.as_ref().map_or(-1, AsRawFd::as_raw_fd);
    let (ours, theirs) =
        socketpair(AddressFamily::Unix, SockType::Stream, None, SockFlag::SOCK_CLOEXEC).ok()?;
    // No exit signal: whoever waits for the children of this process never sees this one.
    // SAFETY: clone(2) with no flags is fork(2). The child only makes system calls and ends by _exit(2).
    let child = unsafe { libc::syscall(libc::SYS_clone, 0, 0, 0, 0, 0) };
    match child {
        0 => visit(owner_number, inside.as_raw_fd(), theirs.as_raw_fd(), wish),
        1.. => {
            drop(theirs);
            let received = receive(&ours);
            reap(child as i32);
            received
        }
        _ => None,
    }
}

/// The child's life: only async-signal-safe calls, and no allocation.
fn visit(owner: RawFd, inside: RawFd, back: RawFd, wish: Wish) -> ! {
    // SAFETY: setns(2) takes integers; a failure is harmless, the next call then fails too.
    unsafe { libc::setns(owner, libc::CLONE_NEWUSER) };
    // SAFETY: as above, for the namespace itself.
    let entered = unsafe { libc::setns(inside, 0) };
    let opened = if entered == 0 { open_inside(wish) } else { -1 };
    if opened >= 0 {
        give(back, opened);
    }
    // SAFETY: _exit(2) ends this process without running anything of the parent's.
    unsafe { libc::_exit(0) }
}

fn open_inside(wish: Wish) -> RawFd {
    match wish {
        Wish::Netlink => {
            let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC;
            // SAFETY: socket(2) takes integers only.
            unsafe { libc::socket(libc::AF_NETLINK, kind, libc::NETLINK_SOCK_DIAG) }
        }
        Wish::Queues => {
            let flags = libc::O_RDONLY | libc::O_CLOEXEC;
            // SAFETY: the path is a constant that ends in a zero byte.
            unsafe { libc::open(c"/proc/sysvipc/msg".as_ptr(), flags) }
        }
    }
}

/// Sends one descriptor, `SCM_RIGHTS` in unix(7), from the stack alone.
fn give(back: RawFd, descriptor: RawFd) {
    #[repr(C)]
    struct Control {
        header: libc::cmsghdr,
        descriptor: RawFd,
        padding: RawFd,
    }
    let mut byte = 0_u8;
    let mut piece = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
    // SAFETY: cmsghdr is plain integers, for which zero is a value.
    let mut header: libc::cmsghdr = unsafe { std::mem::zeroed() };
    header.cmsg_level = libc::SOL_SOCKET;
    header.cmsg_type = libc::SCM_RIGHTS;
    header.cmsg_len = (size_of::<libc::cmsghdr>() + size_of::<RawFd>()) as _;
    let mut control = Control { header, descriptor, padding: 0 };
    // SAFETY: msghdr is integers and pointers, for which zero is a value.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &raw mut piece;
    message.msg_iovlen = 1;
    message.msg_control = (&raw mut control).cast();
    message.msg_controllen = size_of::<Control>() as _;
    // SAFETY: the message points to one byte and one control message on this stack, both alive during the call.
    unsafe { libc::sendmsg(back, &raw const message, libc::MSG_NOSIGNAL) };
}

fn receive(ours: &OwnedFd) -> Option<OwnedFd> {
    let mut byte = [0];
    let mut pieces = [IoSliceMut::new(&mut byte)];
    let mut space = nix::cmsg_space!(RawFd);
    let flags = MsgFlags::MSG_CMSG_CLOEXEC;
    let message = recvmsg::<()>(ours.as_raw_fd(), &mut pieces, Some(&mut space), flags).ok()?;
    let number = message.cmsgs().ok()?.find_map(|control| match control {
        ControlMessageOwned::ScmRights(numbers) => numbers.first().copied(),
        _ => None,
    })?;
    // SAFETY: the kernel has just installed this descriptor in our table, and nobody else has it.
    Some(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Waits for the child; it has no exit signal, so only `__WCLONE` finds it.
fn reap(child: i32) {
    loop {
        // SAFETY: waitpid(2) with a null status pointer writes nothing.
        let answer = unsafe { libc::waitpid(child, std::ptr::null_mut(), libc::__WCLONE) };
        if answer != -1 || nix::errno::Errno::last() != nix::errno::Errno::EINTR {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_hands_back_what_it_opened() {
        // Our own namespace: setns(2) to it needs a privilege, so this is the whole way only for root.
        let me = std::process::id() as i32;
        let found = from_inside(me, "net", Wish::Netlink).and_then(|netlink| diag::ask(&netlink));
        assert!(found.is_some() || !nix::unistd::geteuid().is_root());
    }
}
