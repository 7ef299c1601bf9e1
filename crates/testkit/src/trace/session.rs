//! What a tracer knows of its tree, and where it puts the fault.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tracer::calls::name;
use tracer::memory::peek;
use tracer::stops::{Call, Event, Stop, call, listen, resume, step};

use super::calls::is_in;
use super::fault::{Family, Fault, Report, When};
use super::handler::Handlers;
use super::registers::{Arguments, falls_asleep, restore, rewind, set_result, shorten, skip};
use super::step::Stepper;
use crate::process::{Proc, set_stopped, status_number};
use crate::watch::Look;

/// A held parent goes on when nobody else has moved for so long.
const REST: Duration = Duration::from_millis(150);

/// What is to be done when the call that a thread is in returns.
#[derive(Debug, Clone, Copy)]
enum AtExit {
    /// It did nothing; make it fail with this error.
    Fail(nix::errno::Errno),
    /// It did nothing; go back to its instruction and send a signal first.
    Rewind(i64, Signal),
    /// Send a signal.
    Send(Signal),
    /// It made a process; hold the parent.
    Hold,
    /// It moved one byte; give the program its registers back.
    Restore(Arguments),
    /// It may have mapped the file of an instant.
    Look,
}

/// A process of the tree: its place in the order of their making, and its calls so far.
struct Process {
    nth: usize,
    calls: u64,
}

/// A parent that is held until its child has ended.
struct Held {
    tid: i32,
    child: i32,
    last: Look,
    since: Instant,
}

pub(super) struct Session {
    root: i32,
    fault: Fault,
    report: Arc<Mutex<Report>>,
    /// The process of each thread.
    tgids: HashMap<i32, i32>,
    processes: HashMap<i32, Process>,
    at_exit: HashMap<i32, AtExit>,
    ended: BTreeSet<i32>,
    held: Option<Held>,
    /// Calls of the fault's family by the root so far; or those that slept.
    family: u64,
    continued: bool,
    handlers: Handlers,
    stepper: Option<Stepper>,
}

impl Session {
    pub(super) fn new(root: i32, fault: Fault, report: Arc<Mutex<Report>>) -> Self {
        let stepper = match &fault {
            Fault::At(instant) => Some(Stepper::new(instant.clone())),
            _ => None,
        };
        let mut session = Self {
            root,
            fault,
            stepper,
            report,
            tgids: HashMap::new(),
            processes: HashMap::new(),
            at_exit: HashMap::new(),
            ended: BTreeSet::new(),
            held: None,
            family: 0,
            continued: false,
            handlers: Handlers::default(),
        };
        session.know(root);
        session
    }

    /// Whether somebody is held: then the tracer must not block.
    pub(super) fn holds(&self) -> bool {
        self.held.is_some()
    }

    /// Deals with one stop and lets the thread go on.
    pub(super) fn handle(&mut self, stop: Stop) {
        let tid = stop.tid;
        set_stopped(tid, matches!(stop.event, Event::Stopped));
        if matches!(stop.event, Event::Exec(_)) {
            self.handlers.forget(tid);
        }
        match stop.event {
            Event::Ended(_) => self.has_ended(tid),
            Event::Call => self.at_call(tid),
            Event::Made(made) => {
                self.know(made);
                self.go(tid, 0);
            }
            Event::Stopped => listen(tid),
            // The tracer's own SIGCONT of the start is not the program's business.
            Event::Signal(libc::SIGCONT)
                if tid == self.root && !std::mem::replace(&mut self.continued, true) =>
            {
                self.go(tid, 0);
            }
            Event::Signal(libc::SIGTRAP) if self.stepper.is_some() => self.at_trap(tid),
            Event::Signal(signal) => {
                self.handlers.delivers(tid, signal);
                self.go(tid, signal);
            }
            Event::Trap | Event::Exec(_) | Event::Exiting(_) => {
                self.know(tid);
                self.go(tid, 0);
            }
        }
    }

    /// Lets a thread go on to its next stop, with a signal if not 0.
    fn go(&mut self, tid: i32, signal: i32) {
        let of_root = self.tgids.get(&tid) == Some(&self.root);
        match &mut self.stepper {
            Some(stepper) if of_root => {
                stepper.arm(tid);
                if stepper.steps() { step(tid, signal) } else { resume(tid, signal) }
            }
            _ => resume(tid, signal),
        }
    }

    /// A watchpoint or the end of a step, of the program itself; the program has no use for the signal.
    fn at_trap(&mut self, tid: i32) {
        let delivered = self.stepper.as_mut().is_some_and(|stepper| stepper.trap(self.root));
        self.report().delivered |= delivered;
        self.go(tid, 0);
    }

    /// Takes note of a thread and gives its process; a new process is counted. A child may have been seen,
    /// and have ended, before its parent tells that it was made.
    fn know(&mut self, tid: i32) -> i32 {
        if let Some(&tgid) = self.tgids.get(&tid) {
            return tgid;
        }
        let tgid = status_number(tid, "Tgid").and_then(|tgid| i32::try_from(tgid).ok());
        let Some(tgid) = tgid.filter(|_| !self.ended.contains(&tid)) else { return tid };
        self.tgids.insert(tid, tgid);
        if tgid == tid {
            let nth = self.processes.len();
            self.processes.insert(tid, Process { nth, calls: 0 });
            if tid != self.root {
                self.report().forks += 1;
            }
        }
        tgid
    }

    fn has_ended(&mut self, tid: i32) {
        self.tgids.remove(&tid);
        self.at_exit.remove(&tid);
        self.handlers.forget(tid);
        self.ended.insert(tid);
        if self.held.as_ref().is_some_and(|held| held.child == tid) {
            self.report().delivered = true;
            self.release();
        }
    }

    fn at_call(&mut self, tid: i32) {
        match call(tid) {
            Call::Entry { number, args, .. } => self.enters(tid, number, &args),
            Call::Exit { value } => self.leaves(tid, value),
            Call::Other => self.go(tid, 0),
        }
    }

    fn enters(&mut self, tid: i32, number: i64, args: &[u64; 6]) {
        *self.report().calls.entry(name(number)).or_default() += 1;
        if let Some(call) = self.handlers.enters(tid, number, args) {
            *self.report().in_handlers.entry(call).or_default() += 1;
        }
        let tgid = self.know(tid);
        let (nth, calls) = match self.processes.get_mut(&tgid) {
            Some(process) => {
                process.calls += 1;
                (process.nth, process.calls)
            }
            None => (usize::MAX, 0),
        };
        let of_root = tgid == self.root;
        if of_root {
            *self.report().own_calls.entry(name(number)).or_default() += 1;
        }
        match self.fault.clone() {
            Fault::ShortTransfers => {
                let shortened = shorten(tid, number, args);
                self.at_exit.extend(shortened.map(|before| (tid, AtExit::Restore(before))));
            }
            Fault::KillAt { call, nth_process } if nth == nth_process && calls == call => {
                self.send(tgid, Signal::SIGKILL);
            }
            Fault::SignalAt { signal, call, when } if of_root && calls == call => {
                self.signal_at(tid, number, signal, when);
                return;
            }
            Fault::SignalAsleep { signal, nth, when } if of_root && self.family < nth => {
                self.signal_asleep(tid, signal, nth, when);
                return;
            }
            Fault::FailCall { family, nth, errno }
                if of_root && is_in(family, number, args, || peek(tid, args[0])) =>
            {
                self.family += 1;
                if self.family == nth && skip(tid) {
                    self.at_exit.insert(tid, AtExit::Fail(errno));
                }
            }
            Fault::HoldForkReturn if of_root && is_in(Family::Fork, number, args, || peek(tid, args[0])) => {
                self.at_exit.insert(tid, AtExit::Hold);
            }
            Fault::At(_) if of_root && number == libc::SYS_mmap => {
                self.at_exit.insert(tid, AtExit::Look);
            }
            _ => {}
        }
        self.go(tid, 0);
    }

    fn signal_at(&mut self, tid: i32, number: i64, signal: Signal, when: When) {
        match when {
            When::Before if skip(tid) => drop(self.at_exit.insert(tid, AtExit::Rewind(number, signal))),
            When::Before => {}
            When::After => drop(self.at_exit.insert(tid, AtExit::Send(signal))),
            When::During => {
                self.go(tid, 0);
                if falls_asleep(tid) {
                    self.send(self.root, signal);
                }
                return;
            }
        }
        self.go(tid, 0);
    }

    fn signal_asleep(&mut self, tid: i32, signal: Signal, nth: u64, when: When) {
        resume(tid, 0);
        if !falls_asleep(tid) {
            return;
        }
        self.family += 1;
        match when {
            When::After if self.family == nth => drop(self.at_exit.insert(tid, AtExit::Send(signal))),
            _ if self.family == nth => self.send(self.root, signal),
            _ => {}
        }
    }

    fn leaves(&mut self, tid: i32, value: i64) {
        match self.at_exit.remove(&tid) {
            Some(AtExit::Fail(errno)) => {
                self.report().delivered = set_result(tid, -i64::from(errno as i32));
            }
            Some(AtExit::Rewind(number, signal)) if rewind(tid, number) => self.send(self.root, signal),
            Some(AtExit::Rewind(..)) | None => {}
            Some(AtExit::Restore(before)) => restore(tid, before),
            Some(AtExit::Send(signal)) => self.send(self.root, signal),
            Some(AtExit::Look) => self.stepper.iter_mut().for_each(|stepper| stepper.look(self.root)),
            Some(AtExit::Hold) => {
                if let Ok(child) = i32::try_from(value)
                    && child > 0
                {
                    if !self.ended.contains(&child) {
                        self.held = Some(Held { tid, child, last: Look::default(), since: Instant::now() });
                        return;
                    }
                    self.report().delivered = true;
                }
            }
        }
        self.go(tid, 0);
    }

    /// Lets a held parent go if nobody else moves: its child waits for it, or for the check.
    pub(super) fn look_for_rest(&mut self) {
        let Some(held) = &mut self.held else { return };
        let others = self.processes.keys().copied().filter(|&pid| pid != self.root);
        let look = Look::of(others.filter(|&pid| Proc::read(pid).is_some()), 0);
        if look.anybody_runs() || look != held.last {
            held.last = look;
            held.since = Instant::now();
        } else if held.since.elapsed() >= REST {
            self.release();
        }
    }

    fn release(&mut self) {
        if let Some(held) = self.held.take() {
            self.go(held.tid, 0);
        }
    }

    fn send(&mut self, pid: i32, signal: Signal) {
        self.report().delivered |= kill(Pid::from_raw(pid), signal).is_ok();
    }

    fn report(&self) -> std::sync::MutexGuard<'_, Report> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
