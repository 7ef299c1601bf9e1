//! One process: its threads, descriptors and names.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::descriptor::{Table, table};
use super::stat::Stat;
use super::thread::Thread;
use super::{bracketed, link, numbers, text};
use crate::borrow::share_descriptors;

/// A watched process, as it was when looked at.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    pub(crate) pid: i32,
    /// The line of its first thread.
    pub(crate) stat: Stat,
    pub(crate) threads: Vec<Thread>,
    /// The file it runs; `None` if that may not be asked.
    pub(crate) exe: Option<PathBuf>,
    /// Device and inode of that file.
    pub(crate) program: Option<(u64, u64)>,
    /// The tables its threads use: one, but for threads that unshared theirs. The number is the first thread's.
    pub(crate) tables: Vec<(i32, Table)>,
    /// Its descriptors may not be read.
    pub(crate) is_closed: bool,
    /// Its network namespace.
    pub(crate) network: Option<u64>,
    /// POSIX timers are set; timer_create(2).
    pub(crate) has_timers: bool,
}

impl Process {
    /// Reads states and system calls only; `None` if it is gone.
    pub(crate) fn read(pid: i32) -> Option<Self> {
        let stat = super::stat::parse(&text(&format!("/proc/{pid}/stat"))?)?;
        let tids = numbers(&format!("/proc/{pid}/task"))?;
        let threads: Vec<Thread> = tids.into_iter().filter_map(|tid| Thread::read(pid, tid)).collect();
        if threads.is_empty() {
            return None;
        }
        Some(Self {
            pid,
            stat,
            threads,
            exe: None,
            program: None,
            tables: Vec::new(),
            is_closed: false,
            network: None,
            has_timers: false,
        })
    }

    /// Reads the rest: descriptors, file, namespaces, timers.
    pub(crate) fn complete(&mut self) {
        let pid = self.pid;
        self.has_timers = text(&format!("/proc/{pid}/timers")).is_some_and(|text| !text.is_empty());
        // A first thread that has ended has no descriptors any more, though its process lives on.
        let Some(first) = self.living().map(Thread::tid).next() else { return };
        let folder = format!("/proc/{pid}/task/{first}");
        self.exe = link(&format!("{folder}/exe"))
            .map(|path| PathBuf::from(path.strip_suffix(" (deleted)").unwrap_or(&path)));
        self.program = file_id(Path::new(&format!("{folder}/exe")));
        self.network = link(&format!("{folder}/ns/net")).and_then(|text| bracketed(&text, "net"));
        let Some(own) = table(&folder) else {
            self.is_closed = true;
            return;
        };
        let tids = self.living().map(Thread::tid).skip(1);
        let others: Vec<i32> = tids.filter(|tid| !share_descriptors(first, *tid)).collect();
        self.tables = vec![(first, own)];
        for tid in others {
            match table(&format!("/proc/{pid}/task/{tid}")) {
                Some(other) => self.tables.push((tid, other)),
                None => self.is_closed = true,
            }
        }
    }

    /// The threads that have not ended.
    pub(crate) fn living(&self) -> impl Iterator<Item = &Thread> {
        self.threads.iter().filter(|thread| !thread.is_dead())
    }

    /// It has ended and waits for its parent to ask how.
    pub(crate) fn is_zombie(&self) -> bool {
        self.living().next().is_none()
    }

    /// The descriptors that thread `tid` uses.
    pub(crate) fn table(&self, tid: i32) -> Option<&Table> {
        let own = self.tables.iter().find(|(first, _)| *first == tid);
        own.or(self.tables.first()).map(|(_, table)| table)
    }

    /// Its ids, from our pid namespace down to its own.
    pub(crate) fn ids(&self) -> &[i32] {
        // After a wrap of the numbers the first thread need not have the lowest one.
        let first = self.threads.iter().find(|thread| thread.tid() == self.pid);
        first.map_or(&[], |thread| &thread.status.ids)
    }

    /// Its id in its own pid namespace.
    pub(crate) fn inner_pid(&self) -> i32 {
        self.ids().last().copied().unwrap_or(self.pid)
    }
}

/// Device and inode of a file: two names of one file are equal in it.
pub(crate) fn file_id(path: &Path) -> Option<(u64, u64)> {
    let meta = fs::metadata(path).ok()?;
    Some((meta.dev(), meta.ino()))
}
