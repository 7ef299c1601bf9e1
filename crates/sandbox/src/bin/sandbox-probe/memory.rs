//! Attacks on memory.
#![allow(unsafe_code, reason = "System V shared memory and fork have no safe wrapper")]

use std::fs::File;
use std::io::Write;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::unistd::{ForkResult, fork, pause};

const MIB: usize = 1 << 20;

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

/// Twelve processes hold 40 MiB each, which no limit of one process forbids.
pub(crate) fn many_processes() -> Result<String> {
    for _ in 0..12 {
        // SAFETY: this process has one thread.
        if let ForkResult::Child = unsafe { fork() }.context("fork")? {
            nix::unistd::alarm::set(crate::OWN_LIMIT);
            let held = hold(40);
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
