//! `--explain`: who holds which end of each pipe.

use std::collections::BTreeSet;
use std::fs::{File, read_dir, read_link, symlink_metadata};
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;

use crate::say;

/// Waits until every stage has exec'd or ended, then writes one line for each pipe, known by its inode.
pub(crate) fn tell(pipes: &[u64], started: &OwnedFd) {
    if let Ok(copy) = started.try_clone() {
        // Nobody writes: this is the end of file, when the last copy of the write end is closed.
        let _ = File::from(copy).read(&mut [0]);
    }
    let mut holders = vec![[BTreeSet::new(), BTreeSet::new()]; pipes.len()];
    for (pid, inode, writes) in open_pipes() {
        for (pipe, [readers, writers]) in pipes.iter().zip(&mut holders) {
            if *pipe == inode {
                if writes {
                    writers.insert(pid)
                } else {
                    readers.insert(pid)
                };
            }
        }
    }
    let mut lines = String::new();
    for (at, [readers, writers]) in holders.iter().enumerate() {
        lines += &format!("pipe {}: write {} read {}\n", at + 1, list(writers), list(readers));
    }
    // There is nobody to tell that stderr does not work.
    let _ = say::write_all(2, lines.as_bytes());
}

fn list(pids: &BTreeSet<i32>) -> String {
    let texts: Vec<_> = pids.iter().map(ToString::to_string).collect();
    if texts.is_empty() { "-".to_owned() } else { texts.join(",") }
}

/// Each open pipe end of each process we may look into: pid, inode, whether it is open for writing.
/// A process or descriptor that vanishes meanwhile holds nothing.
fn open_pipes() -> impl Iterator<Item = (i32, u64, bool)> {
    let processes = read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.flat_map(|pid| {
        let fds = read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        fds.filter_map(move |entry| {
            let link = read_link(entry.path()).ok()?;
            let inode = link.to_str()?.strip_prefix("pipe:[")?.strip_suffix(']')?.parse().ok()?;
            // The link's own mode tells how the descriptor is open.
            let mode = symlink_metadata(entry.path()).ok()?.permissions().mode();
            Some((pid, inode, mode & 0o200 != 0))
        })
    })
}
