//! Looking at a running program from outside: its tree, its rest, its counters.

use std::time::{Duration, Instant};

use sandbox::protocol::Verdict;

use crate::process::{Descriptor, Io, Proc, describe_tree, descriptors, io};
use crate::running::{REST, Running};
use crate::watch::Look;

/// How long a program that should be idle is looked at.
const IDLE_WINDOW: Duration = Duration::from_millis(1200);
/// How often an idle window may be spoilt by work that was still going on when it began.
const IDLE_TRIES: u32 = 3;
impl Running {
    /// Its descendants by id, orphans and zombies included, itself not.
    #[must_use]
    pub fn descendants(&self) -> Vec<Proc> {
        self.shared.tree.below(self.pid).into_iter().filter(|process| process.pid != self.pid).collect()
    }

    /// Waits until `done` says so, under the watchdog. `what` completes "waited in vain: ".
    #[track_caller]
    pub fn eventually(&self, done: impl FnMut() -> bool, what: impl AsRef<str>) -> &Self {
        self.shared.wait_for(what.as_ref(), done);
        self
    }

    /// Waits until it and all its descendants are blocked, stopped or ended: until nothing happens any more
    /// unless the check does something.
    #[track_caller]
    pub fn asleep(&self) -> &Self {
        self.shared.wait_for("all processes to be at rest", self.rests_for(REST / 2));
        self
    }

    /// Says whether nothing below this program has moved for `span`, asked again and again.
    pub(crate) fn rests_for(&self, span: Duration) -> impl FnMut() -> bool {
        let mut since: Option<(Look, Instant)> = None;
        move || {
            let look = Look::of(self.shared.tree.below(self.pid).iter().map(|process| process.pid), 0);
            if look.anybody_runs() {
                since = None;
                return false;
            }
            match &since {
                Some((before, began)) if *before == look => began.elapsed() >= span,
                _ => {
                    since = Some((look, Instant::now()));
                    false
                }
            }
        }
    }

    /// Law: who waits, sleeps. In a window in which it has nothing to do, it uses no processor time and does
    /// not wake up.
    #[track_caller]
    pub fn assert_idle(&self) -> &Self {
        let own = || Look::of(std::iter::once(self.pid), 0);
        let mut work = (0, 0);
        for _ in 0..IDLE_TRIES {
            let before = own().work();
            let began = Instant::now();
            while began.elapsed() < IDLE_WINDOW {
                self.shared.events.pause(IDLE_WINDOW.saturating_sub(began.elapsed()));
            }
            let after = own();
            work = (after.work().0.saturating_sub(before.0), after.work().1.saturating_sub(before.1));
            if work == (0, 0) && !after.anybody_runs() {
                return self;
            }
        }
        let (switches, ticks) = work;
        let window = IDLE_WINDOW.as_millis();
        self.fail(
            Verdict::Fail,
            &format!(
                "{} does not sleep while it has nothing to do:\nin {window} ms it woke up {switches} times and used {ticks} ticks of processor time (expected: 0 and 0)\nwait in a blocking call; do not poll",
                self.name
            ),
        )
    }

    /// Law: while it is blocked, no child that has ended is left unreaped.
    #[track_caller]
    pub fn assert_no_zombie(&self) -> &Self {
        self.asleep();
        let zombies: Vec<Proc> = self.descendants().into_iter().filter(Proc::is_zombie).collect();
        if !zombies.is_empty() {
            let text = format!("leak: zombies while {} is blocked\n{}", self.name, describe_tree(&zombies));
            self.fail(Verdict::Leak, &text);
        }
        self
    }

    /// Bytes its own threads have moved so far, its children not counted. Fails if it has ended.
    #[must_use]
    #[track_caller]
    pub fn io(&self) -> Io {
        match io(self.pid) {
            Some(io) => io,
            None => self.fail(Verdict::GraderError, "its counters (/proc/PID/task/*/io) cannot be read"),
        }
    }

    /// Its own open descriptors.
    #[must_use]
    pub fn fds(&self) -> Vec<Descriptor> {
        descriptors(self.pid)
    }
}
