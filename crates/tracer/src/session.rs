//! What the tracer knows of its tree while it lives, and the recording that grows from it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::os::unix::process::ExitStatusExt as _;
use std::time::Instant;

use nix::errno::Errno;

use crate::calls::known;
use crate::decode::{self, Entered, Known};
use crate::descriptors;
use crate::holdings::{Caller, Holdings};
use crate::model::{
    Call, Does, End, Event, GaveUp, Image, Moment, Object, Patience, Process, Recording, Status, Use, What,
};
use crate::record::Members;
use crate::stops::{self, Event as Stop, go_on, listen, resume};
use crate::threads::{self, Look};

/// The kernel's own results of a call that a signal interrupted and that may go on: `ERESTARTSYS` and kin.
const RESTARTS: Range<i64> = -516..-511;

/// A thread of the tree.
struct Thread {
    /// Its process.
    process: usize,
    /// The call it is in.
    inside: Option<Inside>,
    /// It stands still because of a stop signal.
    paused: bool,
}

/// A recorded call that has not returned.
struct Inside {
    /// Its place among the events.
    event: usize,
    number: i64,
    args: [u64; 6],
    /// How often the thread had slept before.
    slept: Option<u64>,
    /// A signal interrupted it; the kernel may restart it.
    interrupted: bool,
}

pub(crate) struct Session {
    root: i32,
    limit: usize,
    start: Instant,
    moment: Moment,
    recording: Recording,
    holdings: Holdings,
    threads: HashMap<i32, Thread>,
    /// Living processes: their place by pid.
    alive: BTreeMap<i32, usize>,
    /// Threads that have ended before their maker told of them.
    ended: HashSet<i32>,
    /// Where the loader of each process's program lies.
    loaders: HashMap<usize, Range<u64>>,
    /// Processes that will get a signal from a clock.
    has_alarm: bool,
    /// The first SIGCONT of the program is ours.
    continued: bool,
    /// Nothing more is recorded: what comes now is our own doing.
    closed: bool,
    stops: u64,
}

impl Session {
    /// `root` stands at its first instruction.
    pub(crate) fn new(root: i32, limit: usize) -> Self {
        let mut session = Self {
            root,
            limit,
            start: Instant::now(),
            moment: 0,
            recording: Recording::default(),
            holdings: Holdings::default(),
            threads: HashMap::new(),
            alive: BTreeMap::new(),
            ended: HashSet::new(),
            loaders: HashMap::new(),
            has_alarm: false,
            continued: false,
            closed: false,
            stops: 0,
        };
        if let Some(process) = session.know(root) {
            let from = session.moment;
            session.recording.processes[process].images.push(Image {
                from,
                argv: threads::argv(root),
                loading: 0,
            });
            session.loaders.extend(threads::loader(root).map(|loader| (process, loader)));
        }
        session
    }

    /// How many stops there were, to tell whether anything happened.
    pub(crate) fn stops(&self) -> u64 {
        self.stops
    }

    /// Who lives.
    pub(crate) fn members(&self) -> Members {
        let paused = self.threads.iter().filter(|(_, thread)| thread.paused);
        Members { pids: self.alive.keys().copied().collect(), stopped: paused.map(|(&tid, _)| tid).collect() }
    }

    /// Whether the program itself has ended.
    pub(crate) fn root_has_ended(&self) -> bool {
        !self.alive.contains_key(&self.root)
    }

    /// Ends the recording as it is now.
    pub(crate) fn close(&mut self, end: End) {
        if !self.closed {
            self.closed = true;
            self.recording.end = end;
        }
    }

    /// Whether nothing more is recorded.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// The recording; its holds are final.
    pub(crate) fn finish(mut self) -> Recording {
        self.recording.holds = self.holdings.finish();
        self.recording
    }

    /// Every living thread sleeps in a call that only another one of them could end: nobody will.
    ///
    /// What they wait for cannot come from outside (see [`Patience::Inside`]), no clock will wake them, and
    /// no stop is under way, for the caller has the session's lock. What each thread looks like is returned;
    /// if that is the same at two looks, with no stop between them, nobody has moved.
    pub(crate) fn at_rest(&self) -> Option<Vec<(i32, Look)>> {
        if self.threads.is_empty() || self.has_alarm || self.recording.cut.is_some() {
            return None;
        }
        let mut looks = Vec::new();
        for (&tid, thread) in &self.threads {
            let inside = thread.inside.as_ref().filter(|inside| !inside.interrupted)?;
            let What::Call(call) = &self.recording.events[inside.event].what else { return None };
            let look = Look::at(tid)?;
            if thread.paused || call.patience != Patience::Inside || !look.sleeps() {
                return None;
            }
            looks.push((tid, look));
        }
        looks.sort_by_key(|(tid, _)| *tid);
        Some(looks)
    }

    /// Deals with one stop and lets the thread go on.
    pub(crate) fn handle(&mut self, stop: stops::Stop) {
        self.stops += 1;
        let tid = stop.tid;
        let mut signal = 0;
        if !matches!(stop.event, Stop::Ended(_)) {
            // Ids are given away again.
            self.ended.remove(&tid);
        }
        if let Some(thread) = self.threads.get_mut(&tid) {
            thread.paused = matches!(stop.event, Stop::Stopped);
        }
        match stop.event {
            Stop::Ended(status) => {
                self.has_ended(tid, Status::from_word(status.into_raw()));
                return;
            }
            Stop::Call => self.at_call(tid),
            Stop::Made(made) => self.has_made(tid, made),
            Stop::Exec(former) => self.runs_another_program(tid, former),
            Stop::Exiting(status) => {
                self.exits(tid, Status::from_word(status.into_raw()));
            }
            Stop::Stopped => {
                listen(tid);
                return;
            }
            // Our own SIGCONT of the start is not the program's business.
            Stop::Signal(libc::SIGCONT)
                if tid == self.root && !std::mem::replace(&mut self.continued, true) => {}
            Stop::Signal(number) => {
                signal = number;
                self.gets_signal(tid, number);
            }
            Stop::Trap => drop(self.know(tid)),
        }
        match self.recording.cut {
            None => resume(tid, signal),
            // Only births and deaths matter now.
            Some(_) => go_on(tid, signal),
        }
    }

    /// Takes note of a thread and gives its process. A child may have been seen, and have ended, before its
    /// parent tells that it was made.
    fn know(&mut self, tid: i32) -> Option<usize> {
        if let Some(thread) = self.threads.get(&tid) {
            return Some(thread.process);
        }
        if self.ended.contains(&tid) {
            return None;
        }
        let (pid, parent) = threads::family(tid)?;
        let process = match self.alive.get(&pid) {
            Some(&process) => process,
            None => self.has_new_process(pid, parent),
        };
        self.threads.insert(tid, Thread { process, inside: None, paused: false });
        Some(process)
    }

    fn has_new_process(&mut self, pid: i32, parent: i32) -> usize {
        let made = self.tick();
        let parent = self.alive.get(&parent).copied();
        let process = self.recording.processes.len();
        self.recording.processes.push(Process { pid, parent, made, ..Process::default() });
        self.alive.insert(pid, process);
        if let Some(loader) = parent.and_then(|parent| self.loaders.get(&parent)).cloned() {
            self.loaders.insert(process, loader);
        }
        if !self.closed {
            self.holdings.read_all(&mut self.recording.objects, process, pid, made, GaveUp::Closed);
        }
        process
    }

    fn tick(&mut self) -> Moment {
        self.moment = self.moment.saturating_add(1);
        self.moment
    }

    /// Adds an event, if there is still room.
    fn add(&mut self, process: usize, tid: i32, what: What) -> Option<usize> {
        if self.closed || self.recording.cut.is_some() {
            return None;
        }
        let began = self.tick();
        let events = &mut self.recording.events;
        if events.len() >= self.limit {
            self.recording.cut = Some(began);
            return None;
        }
        let time = self.start.elapsed();
        let took = std::time::Duration::ZERO;
        events.push(Event { process, tid, began, returned: None, slept: false, time, took, what });
        Some(events.len() - 1)
    }

    fn has_made(&mut self, tid: i32, made: i32) {
        let process = self.know(made);
        let event =
            self.threads.get(&tid).and_then(|thread| thread.inside.as_ref()).map(|inside| inside.event);
        let Some(event) = event else { return };
        let What::Call(call) = &mut self.recording.events[event].what else { return };
        match &mut call.does {
            Does::Fork(child) => {
                *child = process.or_else(|| self.recording.processes.iter().rposition(|p| p.pid == made));
            }
            Does::Thread(thread) => *thread = Some(made),
            _ => {}
        }
    }

    fn at_call(&mut self, tid: i32) {
        match stops::call(tid) {
            stops::Call::Entry { number, args, place } => self.enters(tid, number, args, place),
            stops::Call::Exit { value } => self.leaves(tid, value),
            stops::Call::Other => {}
        }
    }

    fn enters(&mut self, tid: i32, number: i64, args: [u64; 6], place: u64) {
        let Some(process) = self.know(tid) else { return };
        if self.goes_on(tid, number, &args) || self.closed {
            return;
        }
        if self.loaders.get(&process).is_some_and(|loader| loader.contains(&place)) {
            if let Some(image) = self.recording.processes[process].images.last_mut() {
                image.loading += 1;
            }
            return;
        }
        let pid = self.recording.processes[process].pid;
        let view = View { holdings: &self.holdings, objects: &self.recording.objects, process, pid };
        let decoded = known(number).and_then(|name| Some((name, decode::entered(tid, name, &args, &view)?)));
        let Some((name, Entered { does, patience })) = decoded else {
            self.recording.processes[process].other_calls += 1;
            return;
        };
        self.has_alarm |= matches!(name, "alarm" | "setitimer" | "timerfd_settime");
        let call = Call { name, does, result: None, patience };
        let Some(event) = self.add(process, tid, What::Call(call)) else { return };
        let inside = Inside { event, number, args, slept: threads::sleeps(tid), interrupted: false };
        if let Some(thread) = self.threads.get_mut(&tid) {
            thread.inside = Some(inside);
        }
    }

    /// Whether a call that a signal had interrupted goes on; if another one comes, it has ended.
    fn goes_on(&mut self, tid: i32, number: i64, args: &[u64; 6]) -> bool {
        let Some(thread) = self.threads.get_mut(&tid) else { return false };
        let Some(inside) = thread.inside.as_mut() else { return false };
        let same = inside.number == number && inside.args == *args;
        if inside.interrupted && (same || number == libc::SYS_restart_syscall) {
            inside.interrupted = false;
            return true;
        }
        thread.inside = None;
        false
    }

    fn leaves(&mut self, tid: i32, value: i64) {
        let Some(thread) = self.threads.get_mut(&tid) else { return };
        let Some(inside) = thread.inside.as_mut() else { return };
        let (event, args, process) = (inside.event, inside.args, thread.process);
        // Standing still at the call's two ends counts as sleeping once.
        let slept = inside.slept.zip(threads::sleeps(tid)).is_some_and(|(before, now)| now > before + 1);
        inside.interrupted = RESTARTS.contains(&value);
        if !inside.interrupted {
            thread.inside = None;
        }
        if self.closed {
            return;
        }
        let returned = self.tick();
        let time = self.start.elapsed();
        let result = if value < 0 { Err(Errno::from_raw(-value as i32)) } else { Ok(value) };
        let result = if RESTARTS.contains(&value) { Err(Errno::EINTR) } else { result };
        let recording = &mut self.recording;
        let event = &mut recording.events[event];
        event.returned = Some(returned);
        event.took = time.saturating_sub(event.time);
        let What::Call(call) = &mut event.what else { return };
        event.slept |= slept && call.may_sleep();
        call.result = Some(result);
        let moment = if call.gets() { returned } else { event.began };
        let pid = recording.processes[process].pid;
        self.holdings.follow(&mut recording.objects, Caller { process, pid, tid }, call, &args, moment);
        let view = View { holdings: &self.holdings, objects: &recording.objects, process, pid };
        decode::returned(tid, call.name, &args, result, &mut call.does, &view);
    }

    fn runs_another_program(&mut self, tid: i32, former: i32) {
        let moved = if former == tid { None } else { self.threads.remove(&former) };
        let Some(process) = self.know(tid) else { return };
        // All other threads of the process are gone.
        self.threads.retain(|&other, thread| other == tid || thread.process != process);
        if let Some((moved, thread)) = moved.zip(self.threads.get_mut(&tid)) {
            thread.inside = moved.inside;
        }
        self.loaders.remove(&process);
        self.loaders.extend(threads::loader(tid).map(|loader| (process, loader)));
        let inside = self.threads.get(&tid).and_then(|thread| thread.inside.as_ref());
        let Some(event) = inside.map(|inside| inside.event).filter(|_| !self.closed) else { return };
        let recording = &mut self.recording;
        let from = recording.events[event].began;
        let What::Call(call) = &mut recording.events[event].what else { return };
        let Does::Exec { argv, kept } = &mut call.does else { return };
        self.holdings.read_all(&mut recording.objects, process, tid, from, GaveUp::Exec);
        *kept = self.holdings.all(process);
        recording.processes[process].images.push(Image { from, argv: argv.clone(), loading: 0 });
    }

    fn gets_signal(&mut self, tid: i32, signal: i32) {
        let Some(process) = self.know(tid) else { return };
        let caught = threads::catches(tid, signal);
        // The default of these is to do nothing.
        let is_idle = [libc::SIGCHLD, libc::SIGCONT, libc::SIGURG, libc::SIGWINCH].contains(&signal);
        if threads::ignores(tid, signal) || (is_idle && !caught) {
            return;
        }
        self.add(process, tid, What::Signal { signal, sender: stops::sender(tid), caught });
        if !caught && [libc::SIGSTOP, libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU].contains(&signal) {
            self.add(process, tid, What::Paused(signal));
        }
    }

    /// A thread is about to end. With the last one of a process, its descriptors go.
    fn exits(&mut self, tid: i32, status: Status) {
        let Some(process) = self.know(tid) else { return };
        let others = self.threads.iter().any(|(&other, thread)| other != tid && thread.process == process);
        if others {
            self.threads.remove(&tid);
        } else {
            self.process_ends(process, tid, status);
        }
    }

    fn has_ended(&mut self, tid: i32, status: Status) {
        self.threads.remove(&tid);
        if let Some(process) = self.alive.remove(&tid) {
            self.process_ends(process, tid, status);
        }
        self.ended.insert(tid);
    }

    fn process_ends(&mut self, process: usize, tid: i32, status: Status) {
        if self.recording.processes[process].ended.is_some() || self.closed {
            return;
        }
        if let Some(thread) = self.threads.get_mut(&tid) {
            thread.inside = None;
        }
        self.add(process, tid, What::Ended(status));
        let moment = self.moment;
        self.recording.processes[process].ended = Some((moment, status));
        self.holdings.drop_all(process, moment);
    }
}

/// What a decoder may see.
struct View<'a> {
    holdings: &'a Holdings,
    objects: &'a [Object],
    process: usize,
    pid: i32,
}

impl Known for View<'_> {
    fn using(&self, fd: i32) -> Use {
        self.holdings.using(self.process, fd)
    }

    fn open_between(&self, first: u32, last: u32) -> Vec<Use> {
        let between = |using: &Use| u32::try_from(using.fd).is_ok_and(|fd| (first..=last).contains(&fd));
        self.holdings.all(self.process).into_iter().filter(between).collect()
    }

    fn object(&self, place: usize) -> &Object {
        &self.objects[place]
    }

    fn path(&self, fd: i32) -> Option<String> {
        descriptors::target(self.pid, fd)
    }
}
