//! What a command uses: time, memory and disk, with all processes that it starts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read as _, Seek as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use nix::unistd::{SysconfVar, sysconf};
use serde::Serialize;

use crate::interrupt;
use crate::text::printable;

/// How often memory is looked at: a look costs a few milliseconds. What lives for less time may be missed.
const MEMORY: Duration = Duration::from_millis(250);
/// So many looks at the memory for one at the disk, where there are thousands of files to be counted.
const DISK: u32 = 2;

/// What a command has used.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Used {
    /// From its start to its end.
    pub(super) seconds: f64,
    /// The most that all its processes had in memory together, in bytes. What several share counts for each.
    pub(super) memory: u64,
    /// The most that the first process had, in bytes: for the grader, the runner itself.
    pub(super) own_memory: u64,
    /// The most that its folders had, in bytes.
    pub(super) disk: u64,
}

/// A command that has ended.
pub(super) struct Done {
    pub(super) status: ExitStatus,
    pub(super) stdout: String,
    stderr: String,
}

impl Done {
    /// What it said last, for an error.
    pub(super) fn last_words(&self) -> String {
        let lines: Vec<&str> = self.stderr.lines().chain(self.stdout.lines()).collect();
        printable(&lines[lines.len().saturating_sub(6)..].join("\n"), 6, 600)
    }
}

/// Runs a command, and looks at it and at `folders` meanwhile.
///
/// # Errors
/// When it cannot be started, or the user wants to end.
pub(super) fn measured(command: &mut Command, folders: &[&Path]) -> Result<(Done, Used)> {
    let (mut out, mut err) = (file()?, file()?);
    let clone = |file: &fs::File| file.try_clone().context("share a file with a command");
    command.stdin(Stdio::null()).stdout(clone(&out)?).stderr(clone(&err)?);
    let start = Instant::now();
    let mut child = command.spawn().with_context(|| format!("start {command:?}"))?;
    let pid = child.id();
    let (end, ended) = mpsc::channel::<()>();
    let (status, seconds, mut used) = thread::scope(|scope| {
        let looks = scope.spawn(move || look(pid, folders, &ended));
        let status = child.wait();
        let seconds = start.elapsed().as_secs_f64();
        drop(end);
        (status, seconds, looks.join().unwrap_or_default())
    });
    anyhow::ensure!(!interrupt::is_set(), "interrupted");
    used.seconds = seconds;
    used.disk = used.disk.max(folders.iter().map(|folder| size(folder)).sum());
    let status = status.context("wait for a command")?;
    Ok((Done { status, stdout: text(&mut out)?, stderr: text(&mut err)? }, used))
}

fn file() -> Result<fs::File> {
    tempfile::tempfile().context("make a file for a command's words")
}

fn text(file: &mut fs::File) -> Result<String> {
    file.rewind().context("read a command's words")?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).context("read a command's words")?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Looks until the other side hangs up.
fn look(pid: u32, folders: &[&Path], ended: &mpsc::Receiver<()>) -> Used {
    let mut used = Used::default();
    for number in 0.. {
        used.memory = used.memory.max(resident(pid));
        used.own_memory = used.own_memory.max(high_water(pid).unwrap_or_default());
        if number % DISK == 0 {
            used.disk = used.disk.max(folders.iter().map(|folder| size(folder)).sum());
        }
        if ended.recv_timeout(MEMORY) != Err(RecvTimeoutError::Timeout) {
            break;
        }
    }
    used
}

/// What the process and all its descendants have in memory now, in bytes.
fn resident(root: u32) -> u64 {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut pages: BTreeMap<u32, u64> = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // It may have ended meanwhile.
        let Some((parent, resident)) =
            fs::read_to_string(entry.path().join("stat")).ok().and_then(|s| stat(&s))
        else {
            continue;
        };
        children.entry(parent).or_default().push(pid);
        pages.insert(pid, resident);
    }
    let (mut todo, mut seen) = (vec![root], BTreeSet::new());
    while let Some(pid) = todo.pop() {
        if seen.insert(pid) {
            todo.extend(children.get(&pid).into_iter().flatten());
        }
    }
    let page = sysconf(SysconfVar::PAGE_SIZE).ok().flatten().and_then(|size| u64::try_from(size).ok());
    seen.iter().filter_map(|pid| pages.get(pid)).sum::<u64>() * page.unwrap_or(4096)
}

/// The parent and the resident pages in `/proc/PID/stat`. The name may hold anything, also brackets.
fn stat(text: &str) -> Option<(u32, u64)> {
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    Some((fields.get(1)?.parse().ok()?, fields.get(21)?.parse().ok()?))
}

/// The most that a process had in memory, in bytes.
fn high_water(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

/// The blocks of all files in a folder, in bytes. A file with several names counts once.
fn size(folder: &Path) -> u64 {
    let (mut todo, mut seen, mut bytes) = (vec![PathBuf::from(folder)], BTreeSet::new(), 0);
    while let Some(path) = todo.pop() {
        // What goes away while we look is not there.
        let Ok(meta) = fs::symlink_metadata(&path) else { continue };
        if seen.insert((meta.dev(), meta.ino())) {
            bytes += meta.blocks() * 512;
        }
        if meta.is_dir() {
            todo.extend(fs::read_dir(&path).into_iter().flatten().flatten().map(|entry| entry.path()));
        }
    }
    bytes
}

/// How many processes wanted a core in the last minute.
///
/// # Errors
/// When the kernel does not say.
pub(super) fn load() -> Result<f64> {
    let text = fs::read_to_string("/proc/loadavg").context("read /proc/loadavg")?;
    let first = text.split(' ').next().and_then(|number| number.parse().ok());
    first.context("read the first number of /proc/loadavg")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let rest = " S 7 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 1000 321 18446744073709551615";
        assert_eq!(stat(&format!("12 (a) b) c){rest}")), Some((7, 321)));
        assert_eq!(stat("12 (a)"), None);
    }

    #[test]
    fn the_memory_of_a_child_of_a_child_counts() {
        // The inner shell holds 40 MB until we have looked.
        let inner = "x=$(head -c 40000000 /dev/zero | tr '\\0' x); echo ready; read line; : \"$x\"";
        let mut child = Command::new("sh")
            .args(["-c", "sh -c \"$0\"; exit 3", inner])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut told = [0; 6];
        child.stdout.as_mut().unwrap().read_exact(&mut told).unwrap();
        let (all, own) = (resident(child.id()), high_water(child.id()).unwrap());
        drop(child.stdin.take());
        assert_eq!((told.as_slice(), child.wait().unwrap().code()), (b"ready\n".as_slice(), Some(3)));
        assert!(all >= 40_000_000 && own > 0 && own < 40_000_000, "{all} {own}");
    }

    #[test]
    fn a_command_gives_its_words_its_status_and_its_disk() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "head -c 300000 /dev/zero > big; echo out; echo err >&2; exit 3"]);
        let (done, used) = measured(command.current_dir(folder.path()), &[folder.path()]).unwrap();
        assert_eq!((done.status.code(), done.stdout.as_str()), (Some(3), "out\n"));
        assert_eq!(done.last_words(), "err\nout");
        assert!(used.disk >= 300_000 && used.seconds > 0.0, "{used:?}");
    }

    #[test]
    fn a_file_with_two_names_counts_once() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), vec![1; 100_000]).unwrap();
        let one = size(folder.path());
        fs::hard_link(folder.path().join("a"), folder.path().join("b")).unwrap();
        assert_eq!(size(folder.path()), one);
        assert!(one >= 100_000);
    }
}
