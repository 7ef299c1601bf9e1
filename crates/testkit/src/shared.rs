//! What a room and its programs share, and how anything is waited for.

use std::collections::BTreeSet;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use autopsy::{Report, Scene, World};
use nix::poll::PollFlags;
use nix::unistd::Pid;
use sandbox::protocol::Verdict;

use crate::capture::Capture;
use crate::describe::meetings;
use crate::ended::Started;
use crate::failure::{fail, fail_with_detail};
use crate::finished::panic_text;
use crate::line::Line;
use crate::names::{Evidence, Names};
use crate::own;
use crate::peer;
use crate::process::{Proc, stopped_threads};
use crate::queue::QueueName;
use crate::referee::referee;
use crate::text::shown;
use crate::tree::Tree;
use crate::watch::{Events, Stuck, Watch, Witness};

/// So many lines of a failure's text are for the explanation of a hang.
const AUTOPSY: usize = 8;

/// So many programs that have ended already are told beside a hang.
const ENDED: usize = 3;

/// What a room's programs share with it.
pub(crate) struct Shared {
    pub(crate) dir: PathBuf,
    pub(crate) base: PathBuf,
    pub(crate) helpers: PathBuf,
    pub(crate) token: String,
    pub(crate) tree: Tree,
    pub(crate) events: Arc<Events>,
    /// The names that were there before.
    pub(crate) names: Names,
    /// What is known of the room's own.
    pub(crate) evidence: Mutex<Evidence>,
    /// The names of queues that the check has given out.
    pub(crate) queues: Mutex<Vec<QueueName>>,
    /// The last command started: what a hang is reported for.
    pub(crate) last_command: Mutex<Option<Arc<Line>>>,
    /// The programs started so far: whoever has ended may be why a wait is in vain.
    pub(crate) programs: Mutex<Vec<Started>>,
    /// What a student calls the programs under test.
    pub(crate) roles: Mutex<Vec<autopsy::Role>>,
    /// The FIFOs that the check opens itself, when it is time.
    pub(crate) gates: Mutex<Vec<PathBuf>>,
    /// The programs that the check has stopped, and lets go on later.
    pub(crate) halted: Mutex<BTreeSet<i32>>,
    /// The inode of the check's socket on which it waits for an answer; 0 for none.
    pub(crate) awaits: AtomicU64,
    /// The thread that made the room: while it waits, the check does nothing.
    pub(crate) maker: Pid,
    /// What the program under test had become when it ended, if not itself.
    pub(crate) became: Mutex<Option<String>>,
    /// A program was left running by the check itself: what it leaves is not its fault.
    pub(crate) abandoned: AtomicBool,
    /// Programs may be woken by a timer that nobody sees from outside.
    pub(crate) timers: AtomicBool,
    /// Threads that trace programs of this room; joined at the end.
    pub(crate) tracers: Mutex<Vec<std::thread::JoinHandle<()>>>,
    pub(crate) random: Mutex<fastrand::Rng>,
}

impl Shared {
    /// Waits under the watchdog; a hang is explained.
    #[track_caller]
    pub(crate) fn wait_for(&self, what: &str, done: impl FnMut() -> bool) {
        if let Err(stuck) = self.try_wait(done) {
            self.hang(what, stuck);
        }
    }

    /// The same where readiness of a socket of the check's own wakes it: `what` for people, `ready` for poll(2).
    #[track_caller]
    pub(crate) fn wait_for_socket(
        &self,
        what: &str,
        (socket, ready): (&OwnedFd, PollFlags),
        done: impl FnMut() -> bool,
    ) {
        let pause = |longest| peer::await_ready(socket, ready, longest);
        let inode = if ready == PollFlags::POLLIN { peer::inode(socket) } else { 0 };
        self.awaits.store(inode, Ordering::Relaxed);
        let waited = self.watch().until_by(pause, done);
        if let Err(stuck) = waited {
            self.hang(what, stuck);
        }
        self.awaits.store(0, Ordering::Relaxed);
    }

    /// The same where the kernel may act by itself later: that nobody moves proves nothing.
    #[track_caller]
    pub(crate) fn wait_for_the_network(&self, what: &str, socket: &OwnedFd, done: impl FnMut() -> bool) {
        let pause = |longest| peer::await_ready(socket, PollFlags::POLLOUT, longest);
        if let Err(stuck) = self.watch().for_rest().until_by(pause, done) {
            self.hang(what, stuck);
        }
    }

    /// The same where it is the rest of the programs that is waited for.
    #[track_caller]
    pub(crate) fn wait_for_rest(&self, what: &str, done: impl FnMut() -> bool) {
        if let Err(stuck) = self.watch().for_rest().until(done) {
            self.hang(what, stuck);
        }
    }

    /// The same for what only a program of the room can do: if none is left, the check fails at once.
    #[track_caller]
    pub(crate) fn wait_for_programs(&self, what: &str, mut done: impl FnMut() -> bool) {
        self.wait_for(what, || done() || self.tree.members().is_empty());
        if done() {
            return;
        }
        let last = self.programs.lock().unwrap_or_else(PoisonError::into_inner).last().cloned();
        if let Some(Started { stdout, stderr, ending, .. }) = &last {
            // Its last words and its end may still be on their way through the threads that wait for them.
            let is_known = || stdout.is_up_to_date() && stderr.is_up_to_date() && ending.has_come();
            self.wait_for("its output to be read", is_known);
        }
        let bytes = |stream: &Capture| stream.get().bytes.clone();
        let (name, stdout, stderr, end) = match last {
            Some(last) => (last.name, bytes(&last.stdout), bytes(&last.stderr), last.ending.line()),
            None => ("nobody".to_owned(), Vec::new(), Vec::new(), String::new()),
        };
        let command = self.command_line();
        if let Some(text) = panic_text(&name, &stderr) {
            fail(Verdict::Crash, format!("{command}\n{text}"));
        }
        let (stdout, stderr) = (shown(&stdout, 300), shown(&stderr, 300));
        fail(
            Verdict::Fail,
            format!(
                "{command}\n{name} ended too early\nexpected: {what}\nreceived: stdout {stdout}\n          stderr {stderr}{end}"
            ),
        )
    }

    /// Whether no program is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.tree.members().is_empty()
    }

    pub(crate) fn try_wait(&self, done: impl FnMut() -> bool) -> Result<(), Stuck> {
        self.watch().until(done)
    }

    /// Waits until no process is left; one that only sleeps is left as well.
    pub(crate) fn all_have_ended(&self) -> bool {
        self.watch().whoever_sleeps().until(|| self.tree.members().is_empty()).is_ok()
    }

    fn watch(&self) -> Watch<'_> {
        Watch::new(&self.tree, &self.events, self, referee().slowness())
    }

    /// Notes whose names are the room's, while those who made them can be seen.
    pub(crate) fn note_names(&self, members: &[Proc]) {
        let files = self.names.new_files_of(members);
        let mut evidence = self.evidence.lock().unwrap_or_else(PoisonError::into_inner);
        evidence.processes.extend(members.iter().map(|process| process.pid));
        evidence.files.extend(files);
    }

    /// Why these processes of the room wait, as far as that can be seen from outside.
    pub(crate) fn autopsy(&self, members: &[Proc]) -> Report {
        autopsy::examine(&self.scene(members))
    }

    /// While the check waits it does nothing else, and nobody outside the room knows its pipes and names.
    fn scene(&self, members: &[Proc]) -> Scene {
        Scene {
            members: members.iter().map(|process| process.pid).collect(),
            watcher: Some(nix::unistd::getpid().as_raw()),
            roles: self.roles.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            world: World::Closed,
            stopped: stopped_threads(),
            halted: self.halted.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect(),
            awaits: Some(self.awaits.load(Ordering::Relaxed)).filter(|inode| *inode != 0),
            gates: self.gates.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    #[track_caller]
    pub(crate) fn hang(&self, what: &str, stuck: Stuck) -> ! {
        let members = self.tree.members();
        let (why, report) = match stuck {
            Stuck::Proved(report) => ("nobody is left who could go on", *report),
            Stuck::Stall => ("nothing moves any more", self.autopsy(&members)),
            Stuck::Total => {
                let why = "it runs and runs (an endless loop, or a loop that asks instead of waiting?)";
                (why, self.autopsy(&members))
            }
        };
        let command = self.command_line();
        let ended = self.ended();
        let meetings = meetings(&members);
        let autopsy = match report.waits.as_slice() {
            [] => "no process is left".to_owned(),
            _ => report.short(AUTOPSY.saturating_sub(meetings.len())),
        };
        let autopsy = [vec![autopsy], meetings].concat().join("\n");
        fail_with_detail(
            Verdict::Hang,
            format!("{command}\nhang: {why}; waited in vain: {what}\n{ended}{autopsy}"),
            report.full(),
        )
    }

    /// A line for each of the last programs whose end nobody has asked for, and its last words.
    fn ended(&self) -> String {
        let programs = self.programs.lock().unwrap_or_else(PoisonError::into_inner);
        let told: Vec<String> = programs.iter().filter_map(Started::told).collect();
        told.iter().skip(told.len().saturating_sub(ENDED)).map(|told| format!("{told}\n")).collect()
    }

    /// `command: ...` of the last program started.
    pub(crate) fn command_line(&self) -> String {
        let command = self.last_command.lock().unwrap_or_else(PoisonError::into_inner);
        command.as_ref().map_or_else(String::new, |command| format!("command: {command}"))
    }

    /// Ends every process of the room and the threads that traced them.
    pub(crate) fn clean_up(&self) {
        // A killed process ends soon, whatever it does; the stall limit is for the kernel.
        if self.try_wait(|| self.tree.kill_all()).is_err() {
            let report = self.autopsy(&self.tree.members());
            eprintln!("testkit: processes that cannot be killed:\n{}", report.full());
            return;
        }
        let tracers = std::mem::take(&mut *self.tracers.lock().unwrap_or_else(PoisonError::into_inner));
        for tracer in tracers {
            if tracer.join().is_err() {
                eprintln!("testkit: a tracer thread panicked");
            }
        }
        self.queues.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(QueueName::remove);
    }
}

impl Witness for Shared {
    fn see(&self, members: &[Proc]) {
        self.note_names(members);
    }

    fn proof(&self, members: &[Proc]) -> Option<Report> {
        if self.timers.load(Ordering::Relaxed) {
            return None;
        }
        // Beside other tests of one process, somebody may always act.
        let before = referee().alone.then(|| own::others_at_rest(self.maker)).flatten()?;
        let report = autopsy::prove(&self.scene(members))?;
        (own::others_at_rest(self.maker)? == before).then_some(report)
    }

    fn clock_runs(&self, members: &[Proc]) -> bool {
        // Where the check has said that it uses the clock, its times are short: nobody is waited for who sleeps for longer.
        !self.timers.load(Ordering::Relaxed) && self.autopsy(members).verdict == autopsy::Verdict::Sleeping
    }
}
