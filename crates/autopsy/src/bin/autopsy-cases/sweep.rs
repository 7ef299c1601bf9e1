//! Removes what a run of this token has left: names in /dev/shm, queues, System V ids, files. The names have their home here
//! and in the cases, so the test suite asks this program.
#![allow(unsafe_code, reason = "the System V calls, which nix does not have")]

use std::ffi::CString;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::mqueue::mq_unlink;

use crate::queues::{REPLIES, REQUESTS};
use crate::stage::{key, object, token};

/// Removes all of it; what is not there is no error.
pub(crate) fn everything() -> Result<()> {
    for folder in [Path::new("/dev/shm"), &std::env::temp_dir()] {
        files(folder)?;
    }
    for name in [REQUESTS, REPLIES] {
        let name = CString::new(object(name)).context("name a queue")?;
        match mq_unlink(name.as_c_str()) {
            Ok(()) | Err(Errno::ENOENT) => {}
            Err(error) => return Err(error).context("remove a message queue"),
        }
    }
    system_v()
}

fn files(folder: &Path) -> Result<()> {
    let token = token();
    for entry in fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))? {
        let entry = entry.context("list a folder")?;
        if entry.file_name().to_string_lossy().contains(&token) {
            fs::remove_file(entry.path()).with_context(|| format!("remove {}", entry.path().display()))?;
        }
    }
    Ok(())
}

fn system_v() -> Result<()> {
    // SAFETY: takes no pointer.
    let queue = unsafe { libc::msgget(key(), 0) };
    if queue >= 0 {
        // SAFETY: IPC_RMID takes no buffer.
        Errno::result(unsafe { libc::msgctl(queue, libc::IPC_RMID, std::ptr::null_mut()) })
            .context("remove a System V queue")?;
    }
    // SAFETY: takes no pointer.
    let set = unsafe { libc::semget(key(), 0, 0) };
    if set >= 0 {
        // SAFETY: IPC_RMID takes no fourth argument.
        Errno::result(unsafe { libc::semctl(set, 0, libc::IPC_RMID) })
            .context("remove a System V semaphore")?;
    }
    Ok(())
}
