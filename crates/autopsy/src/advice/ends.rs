//! Ends of pipes and sockets in the hands of those who will not use them.

use std::collections::BTreeSet;

use super::{Found, Group};
use crate::object::{Key, Object};
use crate::part::{Clue, Waker};
use crate::proc::descriptor::Descriptor;
use crate::proc::process::Process;
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
        // All who read one pipe have the same wakers: each pipe is looked at once. In the order of those who wait: the
        // kernel numbers pipes in no order that anybody could see.
        let mut pipes: Vec<(Key, Readers, &[Waker])> = Vec::new();
        for wait in self.waits() {
            for (number, key) in self.reads(wait) {
                match pipes.iter_mut().find(|(known, ..)| *known == key) {
                    Some((_, readers, _)) => readers.push((wait.pid, number)),
                    None => pipes.push((key, vec![(wait.pid, number)], &wait.part.wakers)),
                }
            }
        }
        let waiting = self.waiting_for_child();
        let mut fixes = Vec::new();
        let mut has_others = false;
        for (key, readers, wakers) in &pipes {
            // A poll has the wakers of all it watches.
            let wakers: Vec<&Waker> = wakers.iter().filter(|waker| self.can_write(waker, key)).collect();
            let forgets = |waker: &&&Waker| self.forgot(readers, waker, &waiting).is_some();
            let is_own = |waker: &Waker| readers.iter().any(|(pid, _)| *pid == waker.pid);
            // Where others hold it by right, no end of file would come: it may be an inbox to which all write.
            let is_shared = wakers.iter().any(|waker| !is_own(waker) && !forgets(&waker));
            let told = wakers.iter().filter(|waker| !(is_shared && is_own(waker)));
            let forgotten: Vec<String> =
                told.filter_map(|waker| self.forgot(readers, waker, &waiting)).collect();
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
        // Its program knows nothing of a descriptor that came through exec: whoever started it can close it.
        if self.is_leaked(waker.pid, number) && !self.made_for_children(waker.pid, &held.object, readers) {
            return Some(format!("{what} between fork and exec, or open it with O_CLOEXEC"));
        }
        if is_own && self.is_self_pipe(waker.pid, number) {
            return None;
        }
        if is_own {
            return Some(format!("{what} before it reads"));
        }
        let waits = waiting.contains(&waker.pid) && is_pipe;
        waits.then(|| format!("{what} after the last fork and before the wait"))
    }

    /// It came above stderr through exec, and so it does not know of it; unless it uses such descriptors: then it has made
    /// them. A parent in vfork(2) has not come to using them.
    fn is_leaked(&self, pid: i32, number: i32) -> bool {
        let is_own = |clue: &Clue| matches!(clue, Clue::Reads(used) | Clue::Writes(used) if *used > STDERR);
        let knows = |wait: &&Waiting| {
            wait.pid == pid && (wait.kind == Kind::Device || wait.part.clues.iter().any(is_own))
        };
        number > STDERR && self.is_exec(pid) && !self.all.iter().any(|wait| knows(&wait))
    }

    /// A pipe that its descendants read, and that is not its own input: it has made it for them.
    fn made_for_children(&self, pid: i32, object: &Object, readers: &[(i32, i32)]) -> bool {
        let is_input = self.descriptor(pid, 0).is_some_and(|input| input.object.key() == object.key());
        !is_input && readers.iter().any(|(reader, _)| self.descends(*reader, pid))
    }

    fn descends(&self, pid: i32, from: i32) -> bool {
        let members = &self.reader.snapshot.members;
        let parent = |pid: &i32| members.get(pid).map(|member| member.stat.parent);
        std::iter::successors(parent(&pid), parent).take(members.len()).any(|ancestor| ancestor == from)
    }

    /// It was started by another member, through exec.
    fn is_exec(&self, pid: i32) -> bool {
        let members = &self.reader.snapshot.members;
        let Some(member) = members.get(&pid) else { return false };
        let parent = members.get(&member.stat.parent);
        !member.stat.is_copy && parent.is_some_and(|parent| parent.program != member.program)
    }

    pub(super) fn descriptor(&self, pid: i32, number: i32) -> Option<&Descriptor> {
        let member = self.reader.snapshot.members.get(&pid)?;
        member.tables.iter().find_map(|(_, table)| table.get(&number))
    }

    /// Who waits for a child.
    fn waiting_for_child(&self) -> BTreeSet<i32> {
        self.all.iter().filter(|wait| wait.kind == Kind::Child).map(|wait| wait.pid).collect()
    }

    /// Read ends of a full pipe that keep a writer waiting, whose write would fail without them.
    pub(super) fn forgotten_readers(&self) -> Option<Found> {
        let waiting = self.waiting_for_child();
        let mut kind = CauseKind::ForgottenReadEnd;
        let mut fixes = Vec::new();
        for wait in self.waits().filter(|wait| wait.kind == Kind::Write) {
            for waker in &wait.part.wakers {
                let Some(number) = waker.number else { continue };
                let Some(what) = self.read_end(waker.pid, number) else { continue };
                if !waiting.contains(&waker.pid) && self.is_leaked(waker.pid, number) {
                    fixes.push(format!(
                        "{what} between fork and exec: then a write fails (SIGPIPE) instead of waiting"
                    ));
                } else if waiting.contains(&waker.pid) {
                    kind = CauseKind::WaitBeforeRead;
                    fixes.push(
                        "a child cannot end while its output is not read: start its reader, or read the pipe to its end, before the wait"
                            .to_owned(),
                    );
                    fixes.push(format!("or, if nobody shall read it, {what} after the last fork"));
                } else if waker.pid == wait.pid && wait.part.wakers.len() > 1 {
                    fixes.push(format!("{what} before it writes"));
                }
            }
        }
        fixes.truncate(TOLD);
        (!fixes.is_empty()).then(|| (kind, self.circle(), fixes))
    }

    /// A child whose parent, which was to read, is gone. Its write would fail if it had no read end itself.
    pub(super) fn orphaned_writer(&self) -> Option<Found> {
        let wait = self.waits().next().filter(|_| self.places.len() == 1)?;
        let members = &self.reader.snapshot.members;
        let member = members.get(&wait.pid).filter(|member| member.stat.is_copy)?;
        let is_parent = |parent: &Process| parent.program == member.program && !parent.is_zombie();
        if members.get(&member.stat.parent).is_some_and(is_parent) {
            return None;
        }
        let own = wait.part.wakers.iter().find(|waker| waker.pid == wait.pid)?;
        let what = self.read_end(own.pid, own.number?)?;
        let why = format!(
            "the parent of {} has ended, and only {0} itself still has the read end: so its write waits, and does not fail",
            self.reader.names.brief(wait.pid)
        );
        let fix =
            format!("{what} after the fork: then a write fails (EPIPE, SIGPIPE) when the reader is gone");
        Some((CauseKind::ForgottenReadEnd, why, vec![fix]))
    }

    /// `close fd 3, the read end of pipe A, in X`.
    fn read_end(&self, pid: i32, number: i32) -> Option<String> {
        let held = self.descriptor(pid, number)?;
        let is_pipe = matches!(held.object, Object::Pipe(_) | Object::Fifo { .. });
        let (who, name) = (self.reader.names.brief(pid), self.reader.names.object(&held.object));
        is_pipe.then(|| format!("close {}, the read end of {name}, in {who}", descriptor(number)))
    }

    /// Others who wait for the end of their input, while only members of this root, who themselves wait for
    /// clients or signals, still have its other end open.
    pub(super) fn kept_waiting(&self, stuck: &[usize]) -> Vec<(usize, Found)> {
        let pids = self.pids();
        // Others who only wait for the same root hold that end as idly.
        let idle: BTreeSet<i32> = stuck.iter().map(|at| self.all[*at].pid).collect();
        let is_kept = |at: &&usize| {
            let wakers = &self.all[**at].part.wakers;
            let is_idle = |waker: &Waker| pids.contains(&waker.pid) || idle.contains(&waker.pid);
            self.reads(&self.all[**at]).next().is_some()
                && wakers.iter().any(|waker| pids.contains(&waker.pid))
                && wakers.iter().all(|waker| is_idle(waker) && waker.number.is_some())
        };
        stuck.iter().filter(is_kept).filter_map(|at| Some((*at, self.kept(&self.all[*at])?))).collect()
    }

    fn kept(&self, wait: &Waiting) -> Option<Found> {
        let who = self.reader.names.brief(wait.pid);
        let parent = self.reader.snapshot.stat(wait.pid).map(|stat| stat.parent);
        // A child that listens to its parent alone, on a socket, waits for its next order.
        let is_alone = wait.part.wakers.iter().all(|waker| Some(waker.pid) == parent);
        let close = |waker: &Waker| {
            let number = waker.number?;
            // The output of a filter that waits for its own input is no mistake.
            if number <= STDERR && self.has(Kind::Read) {
                return None;
            }
            let object = &self.descriptor(waker.pid, number)?.object;
            let is_socket = matches!(object, Object::Socket(_));
            if is_socket && is_alone {
                return None;
            }
            let end = if is_socket { "the other end" } else { "the write end" };
            let (object, holder) = (self.reader.names.object(object), self.reader.names.brief(waker.pid));
            Some(format!("close {}, {end} of {object}, in {holder}", descriptor(number)))
        };
        let mut fixes: Vec<String> = wait.part.wakers.iter().filter_map(close).collect();
        fixes.truncate(TOLD);
        let pids = self.pids();
        let is_halted = pids.iter().all(|pid| self.reader.halted.contains(pid));
        let why = format!(
            "{who} waits for the end of its input, and {}, which {}, still has the other end open",
            self.reader.names.all(&pids, "and"),
            if is_halted { "the check has stopped" } else { "waits for something else" }
        );
        (!fixes.is_empty()).then_some((CauseKind::ForgottenWriteEnd, why, fixes))
    }
}
