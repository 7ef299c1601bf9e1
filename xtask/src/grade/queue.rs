//! What to do next in a class. A member is built once, then its checks run, spread so that a member whose
//! program hangs holds one slot while others have work.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::interrupt;

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    /// Build this member.
    Build(usize),
    /// Run a check (by its place in the lab) of this member.
    Check(usize, usize),
}

/// The queue of a class, shared by its workers.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    limits: Limits,
}

/// How much is begun at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Builds use whole cores; more at once only get in each other's way.
    pub(super) builds: usize,
    /// So many members at most have programs on the disk, or are being built: the disk shall not need room for all
    /// programs of a class.
    pub(super) open: usize,
}

#[derive(Debug, Default)]
struct State {
    builds: VecDeque<usize>,
    building: usize,
    open: usize,
    members: Vec<Member>,
    is_stopped: bool,
}

#[derive(Debug, Clone, Default)]
struct Member {
    checks: VecDeque<usize>,
    running: usize,
}

impl Queue {
    /// `to_build` are the members that have something to build, of `members` in all.
    pub(super) fn new(members: usize, to_build: impl Iterator<Item = usize>, limits: Limits) -> Self {
        let state = State {
            builds: to_build.collect(),
            members: vec![Member::default(); members],
            ..State::default()
        };
        Self { state: Mutex::new(state), changed: Condvar::new(), limits }
    }

    /// Waits for the next step. `None`: there will be none.
    pub(super) fn next(&self) -> Option<Task> {
        let mut state = self.lock();
        loop {
            if state.is_stopped || interrupt::is_set() {
                return None;
            }
            if let Some(task) = state.take(self.limits) {
                return Some(task);
            }
            if state.builds.is_empty() && state.building == 0 {
                return None;
            }
            // A build that runs will bring checks; the time limit is for Ctrl-C only.
            let waited = self.changed.wait_timeout(state, Duration::from_millis(100));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// A build has ended; `checks` are to be run now.
    pub(super) fn built(&self, member: usize, checks: impl Iterator<Item = usize>) {
        let mut state = self.lock();
        state.building -= 1;
        state.members[member].checks.extend(checks);
        state.open -= usize::from(state.members[member].checks.is_empty());
        self.changed.notify_all();
    }

    /// A check has ended. Tells whether it was the member's last.
    pub(super) fn checked(&self, member: usize) -> bool {
        let mut state = self.lock();
        let member = &mut state.members[member];
        member.running -= 1;
        let is_last = member.running == 0 && member.checks.is_empty();
        if is_last {
            state.open -= 1;
            // There is room for another one.
            self.changed.notify_all();
        }
        is_last
    }

    /// No further step is begun.
    pub(super) fn stop(&self) {
        self.lock().is_stopped = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self, limits: Limits) -> Option<Task> {
        if self.building < limits.builds
            && self.open < limits.open
            && let Some(member) = self.builds.pop_front()
        {
            self.building += 1;
            self.open += 1;
            return Some(Task::Build(member));
        }
        let waiting = self.members.iter_mut().enumerate().filter(|(_, member)| !member.checks.is_empty());
        let (number, member) = waiting.min_by_key(|(_, member)| member.running)?;
        let check = member.checks.pop_front()?;
        member.running += 1;
        Some(Task::Check(number, check))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(builds: usize) -> Limits {
        Limits { builds, open: 9 }
    }

    #[test]
    fn a_member_is_built_only_where_there_is_room_for_its_programs() {
        let queue = Queue::new(3, 0..3, Limits { builds: 2, open: 2 });
        assert_eq!(queue.next(), Some(Task::Build(0)));
        queue.built(0, 0..2);
        assert_eq!(queue.next(), Some(Task::Build(1)));
        // It does not compile, and leaves its place to the next one.
        queue.built(1, std::iter::empty());
        assert_eq!(queue.next(), Some(Task::Build(2)));
        queue.built(2, 0..1);
        assert_eq!(queue.next(), Some(Task::Check(0, 0)));
        assert_eq!(queue.next(), Some(Task::Check(2, 0)));
        assert_eq!(queue.next(), Some(Task::Check(0, 1)));
        assert!(!queue.checked(0));
        assert!(queue.checked(0) && queue.checked(2));
        assert_eq!(queue.next(), None);
    }

    #[test]
    fn a_slot_waits_for_room_and_then_builds() {
        let queue = Queue::new(2, 0..2, Limits { builds: 1, open: 1 });
        assert_eq!(queue.next(), Some(Task::Build(0)));
        queue.built(0, 0..1);
        assert_eq!(queue.next(), Some(Task::Check(0, 0)));
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| queue.next());
            assert!(queue.checked(0));
            assert_eq!(waits.join().unwrap(), Some(Task::Build(1)));
        });
    }

    #[test]
    fn builds_come_first_but_not_more_than_allowed_at_once() {
        let queue = Queue::new(3, [0, 1, 2].into_iter(), limits(2));
        assert_eq!(queue.next(), Some(Task::Build(0)));
        assert_eq!(queue.next(), Some(Task::Build(1)));
        queue.built(0, [0, 1].into_iter());
        assert_eq!(queue.next(), Some(Task::Build(2)));
        assert_eq!(queue.next(), Some(Task::Check(0, 0)));
    }

    #[test]
    fn a_member_that_hangs_holds_one_slot_while_others_have_work() {
        let queue = Queue::new(2, [0, 1].into_iter(), limits(2));
        queue.next();
        queue.next();
        queue.built(0, 0..3);
        queue.built(1, 0..3);
        assert_eq!(queue.next(), Some(Task::Check(0, 0)));
        assert_eq!(queue.next(), Some(Task::Check(1, 0)));
        assert!(!queue.checked(1));
        // Member 0 still runs its first check.
        assert_eq!(queue.next(), Some(Task::Check(1, 1)));
        assert_eq!(queue.next(), Some(Task::Check(0, 1)));
    }

    #[test]
    fn the_queue_ends_when_nothing_can_come_any_more() {
        let queue = Queue::new(1, [0].into_iter(), limits(1));
        queue.next();
        queue.built(0, 0..1);
        assert_eq!(queue.next(), Some(Task::Check(0, 0)));
        assert_eq!(queue.next(), None);
        assert!(queue.checked(0));
    }

    #[test]
    fn a_stopped_queue_gives_nothing() {
        let queue = Queue::new(1, [0].into_iter(), limits(1));
        queue.stop();
        assert_eq!(queue.next(), None);
    }
}
