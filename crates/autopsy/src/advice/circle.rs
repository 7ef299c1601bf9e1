//! Causes that lie in the shape of a circle: who waits in what.

use super::{Found, Group, Waiting};
use crate::part::Clue;
use crate::report::{CauseKind, Kind};

impl Group<'_> {
    pub(super) fn shape(&self) -> Option<Found> {
        if self.has_clue(&Clue::NotAccepted) {
            return Some(self.not_accepted());
        }
        if self.has_clue(&Clue::QueueFull) {
            let fix =
                "a queue holds a fixed number of messages: receive before the wait, or send with a time-out";
            return Some((CauseKind::QueueFull, self.circle(), vec![fix.to_owned()]));
        }
        if let Some(found) = self.orphaned_writer().or_else(|| self.forgotten_readers()) {
            return Some(found);
        }
        if self.has(Kind::Child) && self.has(Kind::Write) {
            let fix = "a child cannot end while its output is not read: start its reader, or read the pipe to its end, before the wait";
            return Some((CauseKind::WaitBeforeRead, self.circle(), vec![fix.to_owned()]));
        }
        if self.waits().all(waits_for_room) {
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
        if self.has_clue(&Clue::Locked) {
            let fix = "let go of the lock before waiting for somebody who needs it";
            return Some((CauseKind::Cycle, self.circle(), vec![fix.to_owned()]));
        }
        if self.has_clue(&Clue::OwnMemory) {
            let fix = "change what a condition waits for while holding its lock, then notify it; look at it again in \
                       a loop around the wait";
            return Some((CauseKind::NeverSignalled, self.circle(), vec![fix.to_owned()]));
        }
        if self.all_are(&[Kind::Signal]) {
            let fix = "decide who sends its signal first; block it before, so that it cannot come too early";
            return Some((CauseKind::Cycle, self.circle(), vec![fix.to_owned()]));
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

/// Whether nothing but room in a pipe or socket ends this wait, in write or in poll.
fn waits_for_room(wait: &Waiting) -> bool {
    let clues = &wait.part.clues;
    let only_room = || {
        clues.iter().any(|clue| matches!(clue, Clue::Writes(_)))
            && !clues.iter().any(|clue| matches!(clue, Clue::Reads(_)))
    };
    wait.kind == Kind::Write || (wait.kind == Kind::Poll && only_room())
}
