//! Causes that lie in the shape of a circle: who holds what, and who waits in what.

use super::{Found, Group};
use crate::object::Object;
use crate::part::{Clue, Waker};
use crate::proc::descriptor::Descriptor;
use crate::report::{CauseKind, Kind};
use crate::wait::Waiting;
use crate::words::descriptor;

/// The highest descriptor a program knows without being told.
const STDERR: i32 = 2;

impl Group<'_> {
    /// Write ends (or other ends of a socket) in the hands of somebody who will not use them.
    pub(super) fn forgotten(&self) -> Option<Found> {
        let fixes: Vec<String> = self
            .waits()
            .filter(|wait| wait.part.clues.iter().any(|clue| matches!(clue, Clue::Reads(_))))
            .flat_map(|wait| wait.part.wakers.iter().filter_map(|waker| self.forgot(wait, waker)))
            .collect();
        (!fixes.is_empty()).then(|| (CauseKind::ForgottenWriteEnd, self.circle(), fixes))
    }

    /// Why `waker` will never write, and what to close.
    fn forgot(&self, wait: &Waiting, waker: &Waker) -> Option<String> {
        let number = waker.number?;
        let held = self.descriptor(waker.pid, number)?;
        let is_pipe = matches!(held.object, Object::Pipe(_) | Object::Fifo { .. });
        if !is_pipe && !matches!(held.object, Object::Socket(_)) {
            return None;
        }
        let end = if is_pipe { "the write end" } else { "the other end" };
        let what =
            format!("close {}, {end} of {}", descriptor(number), self.reader.names.object(&held.object));
        let who = self.reader.names.brief(waker.pid);
        let waits_for_child =
            self.all.iter().any(|other| other.pid == waker.pid && other.kind == Kind::Child);
        let holder = self.reader.snapshot.members.get(&waker.pid)?;
        if waker.pid == wait.pid {
            return Some(format!("{what}, in {who} before it reads"));
        }
        if waits_for_child && is_pipe {
            return Some(format!("{what}, in {who} after the last fork and before the wait"));
        }
        if number > STDERR && !holder.stat.is_copy && holder.exe.is_some() && self.is_exec(waker.pid) {
            return Some(format!("{what}, in {who} between fork and exec, or open it with O_CLOEXEC"));
        }
        (is_pipe && self.reads_too(waker.pid, held)).then(|| format!("{what}, in {who}: it only reads there"))
    }

    /// It was started by another member, through exec: what it has above stderr it does not know of.
    fn is_exec(&self, pid: i32) -> bool {
        let members = &self.reader.snapshot.members;
        let parent = members.get(&pid).and_then(|member| members.get(&member.stat.parent));
        let exe = |pid: i32| members.get(&pid).and_then(|member| member.exe.clone());
        parent.is_some_and(|parent| exe(parent.pid) != exe(pid))
    }

    /// It waits for input from the very thing whose write end it holds.
    fn reads_too(&self, pid: i32, held: &Descriptor) -> bool {
        self.waits().filter(|wait| wait.pid == pid).any(|wait| {
            wait.part.clues.iter().any(|clue| match clue {
                Clue::Reads(number) => {
                    self.descriptor(pid, *number).is_some_and(|read| read.object.key() == held.object.key())
                }
                _ => false,
            })
        })
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
