//! Causes that lie in the shape of a circle: who holds what, and who waits in what.

use std::collections::{BTreeMap, BTreeSet};

use super::{Found, Group};
use crate::object::{Key, Object};
use crate::part::{Clue, Waker};
use crate::proc::descriptor::Descriptor;
use crate::report::{CauseKind, Kind};
use crate::wait::Waiting;
use crate::words::descriptor;

/// The highest descriptor a program knows without being told.
const STDERR: i32 = 2;

/// Who waits to read, each with its descriptor.
type Readers = Vec<(i32, i32)>;

/// How many of many forgotten ends are told.
const TOLD: usize = 3;

impl Group<'_> {
    /// Write ends (or other ends of a socket) in the hands of somebody who will not use them.
    pub(super) fn forgotten(&self) -> Option<Found> {
        // All who read one pipe have the same wakers: each pipe is looked at once.
        let mut pipes: BTreeMap<Key, (Readers, &[Waker])> = BTreeMap::new();
        for wait in self.waits() {
            for (number, key) in self.reads(wait) {
                pipes.entry(key).or_insert((Vec::new(), &wait.part.wakers)).0.push((wait.pid, number));
            }
        }
        let waiting = self.all.iter().filter(|wait| wait.kind == Kind::Child).map(|wait| wait.pid).collect();
        let mut fixes = Vec::new();
        let mut has_others = false;
        for (key, (readers, wakers)) in &pipes {
            // A poll has the wakers of all it watches.
            let wakers: Vec<&Waker> = wakers.iter().filter(|waker| self.can_write(waker, key)).collect();
            let forgotten: Vec<String> =
                wakers.iter().filter_map(|waker| self.forgot(readers, waker, &waiting)).collect();
            has_others |= forgotten.len() < wakers.len();
            fixes.extend(forgotten);
        }
        if fixes.is_empty() {
            return None;
        }
        if fixes.len() > TOLD {
            let rest = fixes.split_off(TOLD - 1).len();
            fixes.push(format!("and {rest} more of the same kind"));
        }
        // Where somebody has a write end by right and waits, too, closing the others is not enough.
        if has_others && let Some((_, _, more)) = self.shape() {
            fixes.extend(more);
        }
        Some((CauseKind::ForgottenWriteEnd, self.circle(), fixes))
    }

    /// It holds the write end of that pipe, or some socket: a socket's other end is another object.
    fn can_write(&self, waker: &Waker, key: &Key) -> bool {
        let held = waker.number.and_then(|number| self.descriptor(waker.pid, number)?.object.key());
        held.is_some_and(|held| held == *key || matches!((&held, key), (Key::Socket(_), Key::Socket(_))))
    }

    /// The descriptors a wait reads, with their objects.
    fn reads<'b>(&'b self, wait: &'b Waiting) -> impl Iterator<Item = (i32, Key)> + 'b {
        wait.part.clues.iter().filter_map(|clue| match clue {
            Clue::Reads(number) => Some((*number, self.descriptor(wait.pid, *number)?.object.key()?)),
            _ => None,
        })
    }

    /// Why `waker` will never write, and what to close. `readers` wait for it, each with its descriptor.
    fn forgot(&self, readers: &[(i32, i32)], waker: &Waker, waiting: &BTreeSet<i32>) -> Option<String> {
        let number = waker.number?;
        let held = self.descriptor(waker.pid, number)?;
        let is_pipe = matches!(held.object, Object::Pipe(_) | Object::Fifo { .. });
        if !is_pipe && !matches!(held.object, Object::Socket(_)) {
            return None;
        }
        let is_own = readers.iter().any(|(pid, _)| *pid == waker.pid);
        if !is_pipe && self.pids().len() > 1 {
            return None;
        }
        let (who, name) = (self.reader.names.brief(waker.pid), self.reader.names.object(&held.object));
        if readers.contains(&(waker.pid, number)) {
            return Some(format!(
                "open {name} in {who} for reading only: it is its own writer ({})",
                descriptor(number)
            ));
        }
        let end = if is_pipe { "the write end" } else { "the other end" };
        let what = format!("close {}, {end} of {name}, in {who}", descriptor(number));
        if is_own {
            return Some(format!("{what} before it reads"));
        }
        if waiting.contains(&waker.pid) && is_pipe {
            return Some(format!("{what} after the last fork and before the wait"));
        }
        let is_leaked = number > STDERR && self.is_exec(waker.pid);
        is_leaked.then(|| format!("{what} between fork and exec, or open it with O_CLOEXEC"))
    }

    /// It was started by another member, through exec: what it has above stderr it does not know of.
    fn is_exec(&self, pid: i32) -> bool {
        let members = &self.reader.snapshot.members;
        let Some(member) = members.get(&pid) else { return false };
        let parent = members.get(&member.stat.parent);
        !member.stat.is_copy && parent.is_some_and(|parent| parent.program != member.program)
    }

    fn descriptor(&self, pid: i32, number: i32) -> Option<&Descriptor> {
        let member = self.reader.snapshot.members.get(&pid)?;
        member.tables.iter().find_map(|(_, table)| table.get(&number))
    }

    pub(super) fn shape(&self) -> Option<Found> {
        if self.has_clue(&Clue::NotAccepted) {
            return Some(self.not_accepted());
        }
        if self.has_clue(&Clue::QueueFull) {
            let fix =
                "a queue holds a fixed number of messages: receive before the wait, or send with a time-out";
            return Some((CauseKind::QueueFull, self.circle(), vec![fix.to_owned()]));
        }
        if self.has(Kind::Child) && self.has(Kind::Write) {
            let fix =
                "a child cannot end while its output is not read: read the pipe to its end first, then wait";
            return Some((CauseKind::WaitBeforeRead, self.circle(), vec![fix.to_owned()]));
        }
        if self.all_are(&[Kind::Write]) {
            return Some(self.all_write());
        }
        if self.places.len() < 2 {
            return None;
        }
        if self.all_are(&[Kind::Read, Kind::Queue, Kind::Poll, Kind::Accept]) {
            let fix = "decide who sends first; look whether the last message was sent whole (flushed), and whether \
                       somebody who ended took a request with him";
            let why = format!("{}: everybody waits to receive", self.circle());
            return Some((CauseKind::EverybodyReceives, why, vec![fix.to_owned()]));
        }
        if self.all_are(&[Kind::Futex, Kind::Lock]) && self.has_clue(&Clue::Locked) {
            let fix = "take the locks in one fixed order everywhere";
            return Some((CauseKind::LockOrder, self.circle(), vec![fix.to_owned()]));
        }
        None
    }

    fn not_accepted(&self) -> Found {
        let fix =
            "let the server accept while it serves others: poll, or a thread or process for each client";
        let why = format!("{}: a connection waits, and the server does not accept it", self.circle());
        (CauseKind::NotAccepted, why, vec![fix.to_owned()])
    }

    fn all_write(&self) -> Found {
        if self.places.len() == 1 {
            let why = format!("{}: it alone has the read end", self.circle());
            let fix = "a pipe holds 64 KiB: let somebody read while it writes, and close its own read end";
            return (CauseKind::FullBothWays, why, vec![fix.to_owned()]);
        }
        let why = format!("{}: everybody writes and nobody reads", self.circle());
        let fix = "let one side read first, or use poll and read while a write would block";
        (CauseKind::FullBothWays, why, vec![fix.to_owned()])
    }
}
