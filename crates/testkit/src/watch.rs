//! The watchdog: every wait of a check goes through [`Watch::until`].
//!
//! Two limits, both multiplied by the machine's slowness. *Stall*: for [`STALL`] nobody in the room could
//! run and nothing moved, while the check only waited. *Total*: [`TOTAL`] of waiting. While somebody in the
//! room can run, only the processor time they really got counts, so a loaded machine does not make a
//! program hang; [`LAST`] is the cap for what cannot be measured.
//!
//! Before both, the autopsy is asked: where it *proves* that nobody is left who could wake anyone, the wait ends at
//! once; where somebody only sleeps for a while, the stall does not count.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use autopsy::Report;

use crate::own;
use crate::process::{Proc, Thread, threads};
use crate::tree::Tree;

/// Nobody could run for so long: nobody ever will.
pub(crate) const STALL: Duration = Duration::from_secs(2);
/// A room that has stood still for so long is worth an autopsy. Not a limit: the autopsy decides.
const STILL: Duration = Duration::from_millis(200);
/// The same where somebody is in an uninterruptible sleep: it may be a slow disk.
const STALL_IN_DEVICE: Duration = Duration::from_secs(10);
/// So much waiting in one wait is a hang even if something moves.
const TOTAL: Duration = Duration::from_secs(20);
/// So much processor time in one wait is a loop without an end: five times what the slowest right answer needs.
const RUN: Duration = Duration::from_secs(10);
/// Even of time in which somebody could run but did not get the processor.
const LAST: Duration = Duration::from_secs(900);
/// How often the room is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// One look never counts for more: the referee itself may not have had the processor.
const MOST: Duration = Duration::from_millis(200);

/// Wakes waiting checks, and counts what testkit's own threads do.
#[derive(Default)]
pub(crate) struct Events {
    activity: AtomicU64,
    lock: Mutex<()>,
    happened: Condvar,
}

impl Events {
    /// Says that something happened: bytes moved, a program ended.
    pub(crate) fn notify(&self) {
        self.activity.fetch_add(1, Ordering::Relaxed);
        let _guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.happened.notify_all();
    }

    /// Waits for the next event, at most `longest`.
    pub(crate) fn pause(&self, longest: Duration) {
        let guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self.happened.wait_timeout(guard, longest).unwrap_or_else(PoisonError::into_inner);
    }

    fn count(&self) -> u64 {
        self.activity.load(Ordering::Relaxed)
    }
}

/// Why a wait was given up.
#[derive(Debug)]
pub(crate) enum Stuck {
    /// Nobody is left who could wake anyone.
    Proved(Box<Report>),
    /// Nothing moved and nobody could run.
    Stall,
    /// Something moved, but for too long.
    Total,
}

/// What a room's processes are doing, comparable from look to look.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Look {
    threads: Vec<Thread>,
    activity: u64,
}

impl Look {
    pub(crate) fn of(pids: impl Iterator<Item = i32>, activity: u64) -> Self {
        Self { threads: pids.flat_map(threads).collect(), activity }
    }

    /// Somebody can run, or the tracer has somebody in its hands.
    pub(crate) fn anybody_runs(&self) -> bool {
        self.threads.iter().any(|t| !matches!(t.state, 'S' | 'D' | 'T' | 'Z' | 'I' | 'X'))
    }

    /// Somebody waits for a device (or for a child made by vfork), and will go on by itself.
    pub(crate) fn in_device(&self) -> bool {
        self.threads.iter().any(|t| t.state == 'D')
    }

    fn ticks(&self) -> u64 {
        self.threads.iter().map(|t| t.ticks).sum()
    }

    /// The ticks of those who are gone, too: a program may run in children that are short-lived.
    fn all_ticks(&self) -> u64 {
        self.ticks() + self.threads.iter().map(|t| t.reaped).sum::<u64>()
    }

    /// Voluntary switches and ticks of all threads together.
    pub(crate) fn work(&self) -> (u64, u64) {
        (self.threads.iter().map(|t| t.voluntary).sum(), self.ticks())
    }
}

/// Who knows more of the room than its threads' states.
pub(crate) trait Witness {
    /// Is told at each look who is there.
    fn see(&self, members: &[Proc]);
    /// A deadlock, if it can be proved.
    fn proof(&self, members: &[Proc]) -> Option<Report>;
    /// Whether the clock alone will wake somebody.
    fn clock_runs(&self, members: &[Proc]) -> bool;
}

/// One wait under the watchdog.
pub(crate) struct Watch<'a> {
    tree: &'a Tree,
    events: &'a Events,
    witness: &'a dyn Witness,
    slowness: f64,
    began: Instant,
    looked: Instant,
    /// How long the check's own threads had waited for a processor by then.
    queued: Duration,
    last: Look,
    quiet: Duration,
    /// The autopsy has been asked since anybody moved.
    asked: bool,
    /// Somebody of those who stand still sleeps for a time of their own choice.
    sleeps: bool,
    /// Whether that counts.
    waits_for_sleepers: bool,
    /// Whether a room that stands still may end the wait at once.
    takes_proofs: bool,
    spent: Duration,
    /// Processor time, the part of `spent` in which somebody ran.
    ran: Duration,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(tree: &'a Tree, events: &'a Events, witness: &'a dyn Witness, slowness: f64) -> Self {
        let now = Instant::now();
        Self {
            tree,
            events,
            witness,
            slowness,
            began: now,
            looked: now,
            queued: own::queued(),
            last: Look::default(),
            quiet: Duration::ZERO,
            asked: false,
            sleeps: false,
            waits_for_sleepers: true,
            takes_proofs: true,
            spent: Duration::ZERO,
            ran: Duration::ZERO,
        }
    }

    /// Who only sleeps gets no more time than who waits in vain.
    pub(crate) fn whoever_sleeps(mut self) -> Self {
        self.waits_for_sleepers = false;
        self
    }

    /// A wait for rest itself: that nobody moves is what it waits for, and no deadlock.
    pub(crate) fn for_rest(mut self) -> Self {
        self.takes_proofs = false;
        self
    }

    /// Waits until `done` says so, asking it at every event and a little later each time.
    pub(crate) fn until(&mut self, done: impl FnMut() -> bool) -> Result<(), Stuck> {
        let events = self.events;
        self.until_by(|longest| events.pause(longest), done)
    }

    /// The same where something else than an event of testkit's wakes the check: `pause` waits for it.
    pub(crate) fn until_by(
        &mut self,
        mut pause: impl FnMut(Duration),
        mut done: impl FnMut() -> bool,
    ) -> Result<(), Stuck> {
        let mut longest = Duration::from_micros(500);
        while !done() {
            pause(longest);
            longest = (longest * 2).min(Duration::from_millis(20));
            if self.looked.elapsed() >= LOOK
                && let Some(stuck) = self.look()
            {
                // The last word: it may have become true while we looked.
                return if done() { Ok(()) } else { Err(stuck) };
            }
        }
        Ok(())
    }

    fn look(&mut self) -> Option<Stuck> {
        let members = self.tree.members();
        self.witness.see(&members);
        let now = Look::of(members.iter().map(|p| p.pid), self.events.count());
        // What the check's own threads waited for a processor is nobody's fault.
        let queued = own::queued();
        let passed = self.looked.elapsed().min(MOST).saturating_sub(queued.saturating_sub(self.queued));
        (self.looked, self.queued) = (Instant::now(), queued);
        let moves = now.anybody_runs() || now != self.last;
        self.count(&now, passed, moves);
        self.last = now;
        if !moves && !members.is_empty() && self.quiet >= STILL && !std::mem::replace(&mut self.asked, true) {
            if let Some(report) = self.takes_proofs.then(|| self.witness.proof(&members)).flatten() {
                return Some(Stuck::Proved(Box::new(report)));
            }
            self.sleeps = self.waits_for_sleepers && self.witness.clock_runs(&members);
        }
        self.over()
    }

    /// Adds what passed since the last look to the watchdog's two sums.
    fn count(&mut self, now: &Look, passed: Duration, moves: bool) {
        let ticks = now.all_ticks().saturating_sub(self.last.all_ticks());
        let ran = Duration::from_millis(ticks * 1000 / ticks_per_second());
        let ran = ran.min(passed);
        self.ran += ran;
        self.spent += if now.anybody_runs() { ran } else { passed };
        if moves {
            (self.quiet, self.asked, self.sleeps) = (Duration::ZERO, false, false);
        } else {
            self.quiet += passed;
        }
    }

    fn over(&self) -> Option<Stuck> {
        let stall = if self.last.in_device() { STALL_IN_DEVICE } else { STALL };
        if self.quiet >= stall.mul_f64(self.slowness) && !self.sleeps {
            return Some(Stuck::Stall);
        }
        let over = self.spent >= TOTAL.mul_f64(self.slowness)
            || self.ran >= RUN.mul_f64(self.slowness)
            || self.began.elapsed() >= LAST.mul_f64(self.slowness);
        over.then_some(Stuck::Total)
    }
}

fn ticks_per_second() -> u64 {
    let answer = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK);
    answer.ok().flatten().and_then(|ticks| u64::try_from(ticks).ok()).unwrap_or(100)
}
