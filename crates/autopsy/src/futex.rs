//! Futexes: locks, conditions, joins; futex(2). What a word means is known by its contents alone, so that
//! the owner of a lock is named only where a convention says it.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use crate::World;
use crate::borrow::peek;
use crate::part::{Clue, Part};
use crate::proc::maps::{self, Map};
use crate::proc::process::Process;
use crate::proc::thread::Thread;
use crate::proc::{link, numbers, status, text};
use crate::report::Kind;
use crate::wait::Reader;
use crate::words;

/// From `<linux/futex.h>`.
const PRIVATE: u64 = 128;
const REALTIME: u64 = 256;
const WAIT: u64 = 0;
const LOCK_PI: u64 = 6;
const WAIT_BITSET: u64 = 9;
const LOCK_PI2: u64 = 13;
const WAITERS: u32 = 0x8000_0000;
const OWNER: u32 = 0x3fff_ffff;

/// A glibc mutex on which somebody sleeps holds 2, and its owner's thread id 8 bytes further.
const GLIBC_LOCKED: u32 = 2;
/// `PTHREAD_MUTEX_PSHARED_BIT` and all bits of a mutex's kind, as glibc has them.
const GLIBC_SHARED: u32 = 128;
const GLIBC_KINDS: u32 = 0x3ff;
/// A glibc mutex counts its owners, so 1 or, within a condition, a few. Two locks of std side by side have padding there, which
/// may be anything above its lowest byte.
const GLIBC_USERS: std::ops::Range<u32> = 1..256;

/// The word somebody sleeps on.
struct Word {
    address: u64,
    /// What the sleeper believed it to be.
    expected: u32,
    now: Option<u32>,
    is_private: bool,
    /// The kernel itself keeps the owner in it.
    is_pi: bool,
}

/// What is known of a lock's owner, in the waiting program's own numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Lives { id: i32, pid: i32 },
    Dead(i32),
    Unknown,
}

impl Reader<'_> {
    /// futex(2) with the given arguments.
    pub(crate) fn futex(&self, member: &Process, thread: &Thread, args: [u64; 6]) -> (Kind, Part) {
        let command = args[1] & !(PRIVATE | REALTIME);
        if ![WAIT, WAIT_BITSET, LOCK_PI, LOCK_PI2].contains(&command) {
            return (
                Kind::Futex,
                Part::alive("is in a futex call that is not understood here", "something unknown"),
            );
        }
        let is_pi = [LOCK_PI, LOCK_PI2].contains(&command);
        let now = peek(member.pid, args[0]).map(u32::from_ne_bytes);
        let word = Word {
            address: args[0],
            expected: args[2] as u32,
            now,
            is_private: args[1] & PRIVATE != 0,
            is_pi,
        };
        let (kind, mut part) = self.word(member, thread, &word);
        if args[3] != 0 {
            part.outside = Some("its own time-out".to_owned());
        }
        (kind, part)
    }

    fn word(&self, member: &Process, thread: &Thread, word: &Word) -> (Kind, Part) {
        if let Some(joined) = joined(member, thread, word) {
            let mut part = Part::new(format!("waits for its thread {joined} to end (a join)"));
            part.wake_by(member.pid);
            return (Kind::Join, part);
        }
        let map = text(&format!("/proc/{}/task/{}/maps", member.pid, thread.tid()));
        let map = map.and_then(|text| maps::find(&text, word.address));
        let part = match map {
            Some(map) if map.is_shared => self.shared_word(member, word, &map),
            Some(_) => self.own_word(member, thread, word),
            None => Part::alive(
                "waits for a lock or a condition, of which nothing can be seen",
                "something unknown",
            ),
        };
        (Kind::Futex, part)
    }

    /// Memory of its own: only its threads, or a handler of its signals, can wake it.
    fn own_word(&self, member: &Process, thread: &Thread, word: &Word) -> Part {
        let mut part = Part::new("waits for a lock or a condition in its own memory");
        part.wake_by(member.pid);
        match self.owner(member, word) {
            Owner::Lives { id, .. } if id == thread.inner_tid() => {
                part.text += "; the lock there names this very thread as its owner";
                part.clues.push(Clue::OwnLock);
            }
            Owner::Lives { id, pid } if pid == member.pid => {
                part.text += &format!("; the lock there names thread {id} as its owner");
                part.clues.push(Clue::Locked);
            }
            _ if member.living().count() == 1 => {
                part.notes.push("it has no other thread that could wake it".to_owned());
                part.clues.push(Clue::Alone { is_copy: member.stat.is_copy });
            }
            _ => part.clues.push(Clue::OwnMemory),
        }
        part
    }

    fn shared_word(&self, member: &Process, word: &Word, map: &Map) -> Part {
        let segment = segment_name(member.pid, map);
        let semaphore = segment.strip_prefix("/dev/shm/sem.").map(|name| format!("/{name}"));
        let mut part = Part::new(match &semaphore {
            Some(name) => format!(
                "waits for the semaphore {}, whose count is {}",
                words::path(name),
                word.now.unwrap_or(0)
            ),
            None => format!(
                "sleeps on the word at offset {} of the shared memory {}",
                map.offset,
                words::path(&segment)
            ),
        });
        if word.is_private {
            return self.private_wait(member, part);
        }
        match self.owner(member, word) {
            Owner::Dead(id) => {
                part.text += &format!("; the lock there names {id} as its owner, and {id} is dead");
                part.clues.push(Clue::DeadOwner(id));
            }
            Owner::Lives { pid, .. } => {
                part.text += &format!("; the lock there is held by {}", self.names.who(pid));
                part.clues.push(Clue::Locked);
                if self.snapshot.members.contains_key(&pid) {
                    part.wake_by(pid)
                } else {
                    part.hope(self.names.who(pid))
                }
            }
            Owner::Unknown => self.mappers_of(member, word, map, semaphore, &segment, &mut part),
        }
        part
    }

    fn private_wait(&self, member: &Process, mut part: Part) -> Part {
        part.notes.push(
            "it sleeps with FUTEX_PRIVATE_FLAG on memory shared between processes: a wake from another process \
             never reaches it"
                .to_owned(),
        );
        part.clues.push(Clue::PrivateWait);
        part.wake_by(member.pid);
        part
    }

    /// No owner is named: whoever has the memory mapped could wake it.
    fn mappers_of(
        &self,
        member: &Process,
        word: &Word,
        map: &Map,
        semaphore: Option<String>,
        segment: &str,
        part: &mut Part,
    ) {
        let (members, others) = self.mappers(map);
        let partners: Vec<i32> = members.iter().copied().filter(|pid| *pid != member.pid).collect();
        let all = [partners.as_slice(), &others].concat();
        part.text += &match all.as_slice() {
            [] => "; no other process has it mapped".to_owned(),
            some => format!("; it is also mapped by {}", self.names.all(some, "and")),
        };
        members.iter().for_each(|pid| part.wake_by(*pid));
        if self.snapshot.world == World::Open {
            others.iter().for_each(|pid| part.hope(self.names.who(*pid)));
            if segment.starts_with("/dev/shm/") && fs::symlink_metadata(root(member.pid, segment)).is_ok() {
                part.hope_later("somebody who opens that name later");
            }
        }
        if let Some(name) = semaphore {
            part.clues.push(Clue::Semaphore(words::path(&name)));
        } else if let Some(now) = word.now.filter(|now| *now != word.expected) {
            part.notes.push(format!(
                "it went to sleep when the word was {}; the word is {now} now: somebody changed it and did not \
                 wake (or woke another address)",
                word.expected
            ));
            part.clues.push(Clue::MissedWake);
        }
    }

    /// Who has the memory mapped: members, and others.
    fn mappers(&self, map: &Map) -> (Vec<i32>, Vec<i32>) {
        let maps_it = |pid: i32, tid: i32| {
            text(&format!("/proc/{pid}/task/{tid}/maps")).is_some_and(|text| maps::has(&text, map))
        };
        let first = |member: &Process| member.living().next().map(Thread::tid);
        let members = self.snapshot.members.values();
        let members = members.filter(|m| first(m).is_some_and(|tid| maps_it(m.pid, tid))).map(|m| m.pid);
        let others = self.snapshot.others.keys().copied();
        let others = match self.snapshot.world {
            World::Open => others.filter(|pid| maps_it(*pid, *pid)).collect(),
            World::Closed => Vec::new(),
        };
        (members.collect(), others)
    }

    /// The owner of the lock at `word`, where a convention names it.
    fn owner(&self, member: &Process, word: &Word) -> Owner {
        let id = match word.now {
            Some(now) if word.is_pi || now & WAITERS != 0 => now & OWNER,
            Some(GLIBC_LOCKED) if word.expected == GLIBC_LOCKED => glibc_owner(member, word).unwrap_or(0),
            _ => return Owner::Unknown,
        };
        let Some(id) = i32::try_from(id).ok().filter(|id| *id > 1) else { return Owner::Unknown };
        self.find_thread(member, id)
    }

    /// The thread that the waiting program calls `id`.
    fn find_thread(&self, member: &Process, id: i32) -> Owner {
        let Some(depth) = member.ids().len().checked_sub(1) else { return Owner::Unknown };
        let is_it = |ids: &[i32]| ids.get(depth) == Some(&id);
        for other in self.snapshot.members.values() {
            if other.living().any(|thread| is_it(&thread.status.ids)) {
                return Owner::Lives { id, pid: other.pid };
            }
        }
        for &pid in self.snapshot.others.keys() {
            let tids = numbers(&format!("/proc/{pid}/task")).unwrap_or_default();
            let ids = |tid: i32| {
                text(&format!("/proc/{pid}/task/{tid}/status")).map(|text| status::parse(&text).ids)
            };
            // Two PID namespaces side by side give the same numbers; one inside ours is taken to be meant.
            let is_beside = |ids: &[i32]| ids.len() == depth + 1 && are_apart(pid, member.pid);
            if tids.into_iter().filter_map(ids).any(|ids| is_it(&ids) && !is_beside(&ids)) {
                return Owner::Lives { id, pid };
            }
        }
        Owner::Dead(id)
    }
}

/// Two processes are known to be in different PID namespaces.
fn are_apart(one: i32, other: i32) -> bool {
    let namespace = |pid: i32| link(&format!("/proc/{pid}/ns/pid"));
    matches!((namespace(one), namespace(other)), (Some(one), Some(other)) if one != other)
}

/// The owner that glibc keeps 8 bytes behind a mutex's word, with the number of users and the kind after it. Other locks have
/// anything there, often a small number, which in a new PID namespace is somebody's id: so all three must fit.
fn glibc_owner(member: &Process, word: &Word) -> Option<u32> {
    let bytes = peek::<12>(member.pid, word.address + 8)?;
    let field = |at: usize| bytes[at..at + 4].try_into().map(u32::from_ne_bytes).ok();
    let (owner, users, kind) = (field(0)?, field(4)?, field(8)?);
    let is_shared = kind & GLIBC_SHARED != 0;
    (GLIBC_USERS.contains(&users) && kind & !GLIBC_KINDS == 0 && is_shared != word.is_private)
        .then_some(owner)
}

/// pthread_join(3) sleeps on the word in which the kernel clears the thread's id at its end. The kernel wakes there without
/// the private flag, so a join sleeps without it; a lock of std has it, and its word may be 2, like a thread's id in a new
/// PID namespace.
fn joined(member: &Process, thread: &Thread, word: &Word) -> Option<i32> {
    if word.is_private {
        return None;
    }
    let other = member.living().find(|other| other.inner_tid() as u32 == word.expected)?;
    (word.now == Some(word.expected) && other.tid() != thread.tid()).then(|| other.tid())
}

/// The name of a shared segment. sem_open(3) makes its file under a name that is gone: then the inode is
/// looked for.
fn segment_name(pid: i32, map: &Map) -> String {
    let plain = map.path.trim_end_matches(" (deleted)");
    if plain == map.path {
        return plain.to_owned();
    }
    let entries = fs::read_dir(root(pid, "/dev/shm")).into_iter().flatten().flatten();
    let mut same = entries.filter(|entry| entry.metadata().is_ok_and(|meta| meta.ino() == map.inode));
    match same.next() {
        Some(entry) => format!("/dev/shm/{}", entry.file_name().to_string_lossy()),
        None if plain == "/dev/zero" => "without a name".to_owned(),
        None => plain.to_owned(),
    }
}

fn root(pid: i32, path: &str) -> String {
    format!("/proc/{pid}/root{path}")
}
