//! Looking at a running program from outside: its tree, its rest, its counters.

use std::time::{Duration, Instant};

use sandbox::protocol::Verdict;

use crate::describe::what_they_do;
use crate::failure::list;
use crate::process::{Descriptor, Io, Proc, descriptors, io};
use crate::referee::referee;
use crate::running::Running;
use crate::shared::Shared;
use crate::text::shown;
use crate::watch::Look;

/// How long a program that should be idle is looked at.
const IDLE_WINDOW: Duration = Duration::from_millis(1200);
/// How often an idle window may be spoilt by work that was still going on when it began.
const IDLE_TRIES: u32 = 3;
/// At rest is where nobody has moved for so long.
const REST: Duration = Duration::from_millis(100);
/// Or where at so many looks in a row nobody ran: somebody wakes up now and then, for nothing.
const QUIET_LOOKS: u32 = 15;

impl Shared {
    /// Waits until no program of the room has moved for a little while, or until `escape` says so: whether they rest.
    #[track_caller]
    pub(crate) fn is_at_rest_unless(&self, escape: impl Fn() -> bool) -> bool {
        let mut rests = Running::rests_for(REST.mul_f64(referee().slowness()));
        let mut at_rest = false;
        self.wait_for_rest("all programs to be at rest", || {
            at_rest = rests(Look::of(self.tree.members().iter().map(|process| process.pid), 0));
            at_rest || escape()
        });
        at_rest && !escape()
    }
}

impl Running {
    /// Its descendants by id, orphans and zombies included, itself not.
    #[must_use]
    pub fn descendants(&self) -> Vec<Proc> {
        self.shared.tree.below(self.pid).into_iter().filter(|process| process.pid != self.pid).collect()
    }

    /// Its descendant that runs the program `name`; there must be one.
    #[must_use]
    #[track_caller]
    pub fn descendant(&self, name: &str) -> Proc {
        let all = self.descendants();
        let names: Vec<_> = all.iter().map(|process| process.name.clone()).collect();
        let found = all.into_iter().find(|process| process.name == name);
        found.unwrap_or_else(|| {
            let names = list(&names);
            let text = format!("a process is missing\nexpected: one that runs `{name}`\nreceived: {names}");
            self.fail(Verdict::Fail, &text)
        })
    }

    /// Waits until `done` says so, under the watchdog. `what` completes "waited in vain: ".
    #[track_caller]
    pub fn eventually(&self, done: impl FnMut() -> bool, what: impl AsRef<str>) -> &Self {
        self.shared.wait_for(what.as_ref(), done);
        self
    }

    /// Waits until it and all its descendants are blocked, stopped or ended: until nothing happens any more
    /// unless the check does something. Who wakes up now and then only to look around counts as blocked after
    /// many looks; that it should not do so is for [`assert_idle`](Self::assert_idle) to say.
    #[track_caller]
    pub fn asleep(&self) -> &Self {
        let mut rests = Self::rests_for(REST / 2);
        let mut looks = 0;
        self.shared.wait_for_rest("all processes to be at rest", || {
            let look = self.look();
            looks = if look.anybody_runs() || look.in_device() { 0 } else { looks + 1 };
            rests(look) || looks >= QUIET_LOOKS
        });
        self
    }

    /// What it and its descendants have printed on standard error when all of them have come to rest.
    #[must_use]
    #[track_caller]
    pub fn stderr_at_rest(&self) -> Vec<u8> {
        self.asleep();
        // Its last words may still be on their way through the thread that reads them.
        self.shared.wait_for_rest("its output to be read", || self.stderr.is_up_to_date());
        self.crash_if_panicked();
        self.stderr_now()
    }

    /// Demands that it still runs when all of it has come to rest: it waits, and `why` says for what ("for a reader").
    #[track_caller]
    pub fn still_waits(&self, why: &str) -> &Self {
        self.asleep();
        if self.has_ended() {
            let read = || self.stdout.is_up_to_date() && self.stderr.is_up_to_date();
            self.shared.wait_for_rest("its output to be read", read);
            self.crash_if_panicked();
            let (stdout, stderr) = (shown(&self.stdout_now(), 200), shown(&self.stderr_now(), 200));
            let (name, end) = (&self.name, self.ending.line());
            let text = format!(
                "{name} ended too early\nexpected: it waits {why}\nreceived: it has ended; stdout {stdout}\n          stderr {stderr}{end}"
            );
            self.fail(Verdict::Fail, &text);
        }
        self
    }

    /// What it and its descendants are doing.
    fn look(&self) -> Look {
        let processes = self.shared.tree.below(self.pid);
        self.shared.note_names(&processes);
        Look::of(processes.iter().map(|process| process.pid), 0)
    }

    /// Says whether nothing has moved for `span`, told look after look. Who waits for a disk goes on by itself, on a busy
    /// machine after a while; a parent of vfork looks the same, and may wait for ever.
    fn rests_for(span: Duration) -> impl FnMut(Look) -> bool {
        let mut since: Option<(Look, Instant)> = None;
        move |look| {
            if look.anybody_runs() {
                since = None;
                return false;
            }
            match &since {
                Some((before, began)) if *before == look => {
                    began.elapsed() >= if look.in_device() { span * 20 } else { span }
                }
                _ => {
                    since = Some((look, Instant::now()));
                    false
                }
            }
        }
    }

    /// Says whether nothing below this program has moved for a little while; to be asked again and again.
    pub(crate) fn rests(&self) -> impl FnMut() -> bool {
        let mut rests = Self::rests_for(REST.mul_f64(referee().slowness()));
        move || rests(self.look())
    }

    /// Law: who waits, sleeps. In a window in which it has nothing to do, it uses no processor time and does
    /// not wake up.
    #[track_caller]
    pub fn assert_idle(&self) -> &Self {
        self.assert_idle_by(&self.name, || Look::of(std::iter::once(self.pid), 0))
    }

    /// The same of it and all its descendants together.
    #[track_caller]
    pub fn assert_all_idle(&self) -> &Self {
        self.assert_idle_by(&format!("{} with all its processes", self.name), || self.look())
    }

    /// The same of its descendants together.
    #[track_caller]
    pub fn assert_descendants_idle(&self) -> &Self {
        let all = || self.descendants().into_iter().map(|process| process.pid);
        self.assert_idle_by(&format!("a process that {} has started", self.name), || Look::of(all(), 0))
    }

    #[track_caller]
    fn assert_idle_by(&self, who: &str, look: impl Fn() -> Look) -> &Self {
        let mut work = (0, 0);
        for _ in 0..IDLE_TRIES {
            let before = look().work();
            let began = Instant::now();
            while began.elapsed() < IDLE_WINDOW {
                self.shared.events.pause(IDLE_WINDOW.saturating_sub(began.elapsed()));
            }
            let after = look();
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
                "{who} does not sleep while it has nothing to do\nexpected: in {window} ms it wakes up 0 times and uses 0 ticks of processor time\nreceived: it woke up {switches} times and used {ticks} ticks\n          (wait in a call that blocks; do not ask again and again)"
            ),
        )
    }

    /// Law: while it is blocked, no child that has ended is left unreaped.
    #[track_caller]
    pub fn assert_no_zombie(&self) -> &Self {
        self.asleep();
        let zombies: Vec<Proc> = self.descendants().into_iter().filter(Proc::is_zombie).collect();
        if !zombies.is_empty() {
            let (name, who) = (&self.name, what_they_do(&self.shared.autopsy(&zombies)));
            let text = format!(
                "leak: zombies are left\nexpected: while {name} waits, it has reaped each child that has ended\nreceived:\n{who}"
            );
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

    /// The most bytes that it, and each of its descendants that lives, have had in memory, added up.
    #[must_use]
    pub fn peak_memory(&self) -> u64 {
        self.shared.tree.below(self.pid).iter().filter_map(Proc::peak_memory).sum()
    }

    /// The anonymous bytes (heap, stacks) that it and its descendants have in memory now, added up; a page that several of
    /// them share since fork(2) counts once (`Pss_Anon`, proc_pid_smaps(5)).
    #[must_use]
    pub fn anonymous_memory(&self) -> u64 {
        self.shared.tree.below(self.pid).iter().filter_map(Proc::anonymous_memory).sum()
    }

    /// Its own open descriptors.
    #[must_use]
    pub fn fds(&self) -> Vec<Descriptor> {
        descriptors(self.pid)
    }
}
