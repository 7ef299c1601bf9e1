//! What the sandbox reads in `/proc`: process trees, resident memory, the host's shared memory.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

use nix::unistd::{Uid, getuid};

/// Every living descendant of `pid`, from `/proc/PID/task/TID/children`.
pub(crate) fn descendants(pid: i32) -> Vec<i32> {
    let mut found = Vec::new();
    let mut todo = vec![pid];
    while let Some(parent) = todo.pop() {
        for child in children(parent) {
            // A process may move to another parent while we walk; each counts once.
            if !found.contains(&child) {
                found.push(child);
                todo.push(child);
            }
        }
    }
    found
}

/// The children of every thread of `pid`; none if it has just ended.
fn children(pid: i32) -> Vec<i32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    threads
        .flatten()
        .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok())
        .flat_map(|list| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect()
}

/// Resident anonymous and shared bytes of `pid`; 0 if it has just ended.
pub(crate) fn resident(pid: i32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    field(&status, "RssAnon:") + field(&status, "RssShmem:")
}

/// Processor time in user mode and in the kernel of `pid` and of the children it has reaped; none if it has just ended.
pub(crate) fn times(pid: i32) -> [Duration; 2] {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name, in parentheses, may hold blanks. After it: state is field 3 of proc_pid_stat(5), utime 14, stime 15,
    // cutime 16, cstime 17.
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let fields: Vec<u32> =
        rest.split_whitespace().skip(11).take(4).filter_map(|ticks| ticks.parse().ok()).collect();
    let [utime, stime, cutime, cstime] = fields[..] else { return [Duration::ZERO; 2] };
    // USER_HZ, which is 100 wherever Rust's std runs on Linux.
    let tick = Duration::from_millis(10);
    [tick * (utime + cutime), tick * (stime + cstime)]
}

/// Bytes of the memfds that these processes hold open, each counted once. Those that are only mapped are in the
/// resident sum.
pub(crate) fn memfds(pids: &[i32]) -> u64 {
    let mut seen = BTreeMap::new();
    for pid in pids {
        let Ok(fds) = fs::read_dir(format!("/proc/{pid}/fd")) else { continue };
        let is_memfd = |path: &PathBuf| {
            fs::read_link(path).is_ok_and(|to| to.as_os_str().as_bytes().starts_with(b"/memfd:"))
        };
        for meta in
            fds.flatten().map(|fd| fd.path()).filter(is_memfd).filter_map(|path| fs::metadata(path).ok())
        {
            seen.insert((meta.dev(), meta.ino()), meta.blocks() * 512);
        }
    }
    seen.values().sum()
}

/// Bytes of the System V segments of `uid` that no process has attached: those that are attached are in a resident set.
pub(crate) fn detached_segments(uid: u32) -> u64 {
    detached(&fs::read_to_string("/proc/sysvipc/shm").unwrap_or_default(), uid)
}

/// The first line of the table names its columns, sysvipc(7).
fn detached(table: &str, uid: u32) -> u64 {
    let mut lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let head = lines.next().unwrap_or_default();
    let column = |name| head.iter().position(|word| *word == name);
    let [Some(owner), Some(attached), Some(resident)] = ["uid", "nattch", "rss"].map(column) else {
        return 0;
    };
    let number = |line: &[&str], at: usize| line.get(at).and_then(|word| word.parse::<u64>().ok());
    let counts =
        |line: &Vec<&str>| number(line, owner) == Some(uid.into()) && number(line, attached) == Some(0);
    lines.filter(counts).filter_map(|line| number(&line, resident)).sum()
}

/// The host's shared memory in bytes: tmpfs, shared mappings, memfds, System V segments.
pub(crate) fn host_shmem() -> u64 {
    field(&fs::read_to_string("/proc/meminfo").unwrap_or_default(), "Shmem:")
}

/// A `Name:   123 kB` line, in bytes.
fn field(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|rest| rest.split_whitespace().next()).and_then(|kib| kib.parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}

/// How many threads this user has now, in all processes.
pub(crate) fn threads_of_this_user() -> u64 {
    let me = getuid();
    let Ok(processes) = fs::read_dir("/proc") else { return 0 };
    let statuses =
        processes.flatten().filter_map(|entry| fs::read_to_string(entry.path().join("status")).ok());
    statuses.filter(|status| real_uid(status) == Some(me)).map(|status| threads(&status)).sum()
}

fn real_uid(status: &str) -> Option<Uid> {
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    line.split_whitespace().next()?.parse().ok().map(Uid::from_raw)
}

fn threads(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("Threads:"));
    line.and_then(|count| count.trim().parse().ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ones_own_detached_segments_count() {
        let table = "key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime rss swap\n\
            0 1 600 8192 5 5 0 60000 60000 60000 60000 0 0 0 4096 0\n\
            0 2 600 8192 5 5 0 60000 60000 60000 60000 0 0 0 8192 0\n\
            0 3 600 8192 5 5 1 60000 60000 60000 60000 0 0 0 8192 0\n\
            0 4 600 8192 5 5 0 60001 60000 60000 60000 0 0 0 8192 0\n";
        assert_eq!(detached(table, 60_000), 4096 + 8192);
        assert_eq!(detached("", 60_000), 0);
        assert_eq!(detached("key shmid\n1 2\n", 60_000), 0);
    }
}
