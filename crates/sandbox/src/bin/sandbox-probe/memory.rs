//! Attacks on memory.
#![allow(unsafe_code, reason = "System V shared memory and fork have no safe wrapper")]

use std::fs::File;
use std::io::{IoSlice, Write};
use std::os::fd::AsRawFd;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::socket::{AddressFamily, ControlMessage, MsgFlags, SockFlag, SockType, sendmsg, socketpair};
use nix::unistd::{ForkResult, fork, pause};

const MIB: usize = 1 << 20;
/// MiB of one memfd or segment, where many are made. No other attack makes segments of this size.
const PIECE: usize = 15;

/// Takes `mib` MiB, one at a time, and touches each page.
fn hold(mib: usize) -> Vec<Vec<u8>> {
    let mut held = Vec::new();
    for _ in 0..mib {
        let mut block = Vec::new();
        if block.try_reserve_exact(MIB).is_err() {
            break;
        }
        block.resize(MIB, 1_u8);
        held.push(block);
    }
    held
}

/// One process asks for `mib` MiB.
pub(crate) fn one_process(mib: &str) -> Result<String> {
    Ok(format!("reached {}", hold(mib.parse().context("read a size")?).len()))
}

/// As many processes hold as many MiB each as `12x40` says, which no limit of one process forbids.
pub(crate) fn many_processes(crowd: &str) -> Result<String> {
    let (count, mib) = crowd.split_once('x').context("read a crowd")?;
    let mib: usize = mib.parse().context("read a size")?;
    for _ in 0..count.parse::<usize>().context("read a count")? {
        // SAFETY: this process has one thread.
        if let ForkResult::Child = unsafe { fork() }.context("fork")? {
            nix::unistd::alarm::set(crate::OWN_LIMIT);
            let held = hold(mib);
            pause();
            return Ok(format!("reached {}", held.len()));
        }
    }
    pause();
    Ok("still alive".to_owned())
}

/// Writes `mib` MiB into memory that is in nobody's resident set, and holds it.
pub(crate) fn memfd(mib: &str) -> Result<String> {
    let fd = match memfd_create(c"probe", MFdFlags::empty()) {
        Ok(fd) => fd,
        Err(errno) => return Ok(format!("{errno:?}")),
    };
    let mut file = File::from(fd);
    let mib: usize = mib.parse().context("read a size")?;
    for _ in 0..mib {
        file.write_all(&[1; MIB]).context("write to the memfd")?;
    }
    pause();
    Ok("still alive".to_owned())
}

/// Memfds of 15 MiB that nobody has open: each is sent over a socket, never received, and closed. So they are in no
/// resident set and in no table of descriptors.
pub(crate) fn memfd_in_flight(mib: &str) -> Result<String> {
    let (socket, _other) = socketpair(AddressFamily::Unix, SockType::Datagram, None, SockFlag::empty())
        .context("make a pair of sockets")?;
    for _ in 0..pieces(mib)? {
        let mut file = File::from(memfd_create(c"probe", MFdFlags::empty()).context("create a memfd")?);
        (0..PIECE).try_for_each(|_| file.write_all(&[1; MIB])).context("write to the memfd")?;
        let fds = [file.as_raw_fd()];
        let rights = [ControlMessage::ScmRights(&fds)];
        sendmsg::<()>(socket.as_raw_fd(), &[IoSlice::new(b"x")], &rights, MsgFlags::empty(), None)
            .context("send the memfd")?;
    }
    pause();
    Ok("still alive".to_owned())
}

/// System V segments of 15 MiB, filled and detached: they are in no resident set, and outlive their maker.
pub(crate) fn sysv_detached(mib: &str) -> Result<String> {
    for _ in 0..pieces(mib)? {
        // SAFETY: integers only.
        let made = Errno::result(unsafe { libc::shmget(libc::IPC_PRIVATE, PIECE * MIB, 0o600) });
        let id = made.context("make a segment")?;
        // SAFETY: the kernel chooses a free address.
        let at = unsafe { libc::shmat(id, std::ptr::null(), 0) };
        // shmat(2) returns -1 for an error.
        anyhow::ensure!(at.addr() != usize::MAX, "attach a segment: {}", Errno::last());
        // SAFETY: the segment has just been attached, writable, with this size; nobody else knows it.
        unsafe { at.cast::<u8>().write_bytes(1, PIECE * MIB) };
        // SAFETY: it is attached there, and nothing points into it.
        Errno::result(unsafe { libc::shmdt(at) }).context("detach a segment")?;
    }
    pause();
    Ok("still alive".to_owned())
}

/// How many pieces make up `mib` MiB.
fn pieces(mib: &str) -> Result<usize> {
    Ok(mib.parse::<usize>().context("read a size")?.div_ceil(PIECE))
}

/// System V segments of 16 MiB, until refused, at most 400 MiB; removed again.
pub(crate) fn sysv() -> Result<String> {
    let mut ids = Vec::new();
    while ids.len() < 25 {
        // SAFETY: integers only.
        let made = Errno::result(unsafe { libc::shmget(libc::IPC_PRIVATE, 16 * MIB, 0o600) });
        let Ok(id) = made else { break };
        ids.push(id);
    }
    for id in &ids {
        // SAFETY: IPC_RMID ignores the pointer.
        Errno::result(unsafe { libc::shmctl(*id, libc::IPC_RMID, std::ptr::null_mut()) })
            .context("remove")?;
    }
    Ok(format!("reached {}", ids.len() * 16))
}
