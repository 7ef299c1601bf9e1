//! Removes what programs of a slot's user left behind where no namespace took it along: System V objects, and names in
//! `/dev/shm` and `/dev/mqueue`. Only for a slot's uid, which is nobody's but the sandbox's.
#![allow(unsafe_code, reason = "nix has no shmctl, semctl and msgctl")]

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Context, Result};
use nix::errno::Errno;

/// Removes every object of `uid`.
pub(crate) fn remove_objects_of(uid: u32) -> Result<()> {
    for id in objects("shm", uid) {
        // SAFETY: IPC_RMID ignores the pointer; a wrong id is refused.
        gone(unsafe { libc::shmctl(id, libc::IPC_RMID, std::ptr::null_mut()) })?;
    }
    for id in objects("sem", uid) {
        // SAFETY: IPC_RMID takes no fourth argument; a wrong id is refused.
        gone(unsafe { libc::semctl(id, 0, libc::IPC_RMID) })?;
    }
    for id in objects("msg", uid) {
        // SAFETY: IPC_RMID ignores the pointer; a wrong id is refused.
        gone(unsafe { libc::msgctl(id, libc::IPC_RMID, std::ptr::null_mut()) })?;
    }
    ["/dev/shm", "/dev/mqueue"].iter().try_for_each(|folder| remove_names(Path::new(folder), uid))
}

/// The ids of one kind that belong to `uid`: second column, and the column named `uid`.
fn objects(kind: &str, uid: u32) -> Vec<i32> {
    let table = fs::read_to_string(format!("/proc/sysvipc/{kind}")).unwrap_or_default();
    let mut lines = table.lines();
    let Some(column) = lines.next().and_then(|head| head.split_whitespace().position(|name| name == "uid"))
    else {
        return Vec::new();
    };
    let owned = |line: &&str| line.split_whitespace().nth(column) == Some(uid.to_string().as_str());
    lines.filter(owned).filter_map(|line| line.split_whitespace().nth(1)?.parse().ok()).collect()
}

/// An object that somebody else has just removed is fine too.
fn gone(done: i32) -> Result<()> {
    match Errno::result(done) {
        Ok(_) | Err(Errno::EINVAL | Errno::EIDRM) => Ok(()),
        Err(error) => Err(error).context("remove a System V object"),
    }
}

fn remove_names(folder: &Path, uid: u32) -> Result<()> {
    // Not every system has both folders.
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for path in entries.flatten().map(|entry| entry.path()) {
        let Ok(meta) = fs::symlink_metadata(&path) else { continue };
        if meta.uid() != uid {
            continue;
        }
        let done = if meta.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        match done {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("remove {}", path.display()));
            }
            _ => {}
        }
    }
    Ok(())
}
