//! What the tracer knows of its tree while it lives, and the recording that grows from it.

mod calls;
mod lives;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::os::unix::process::ExitStatusExt as _;
use std::time::Instant;

use crate::holdings::Holdings;
use crate::model::{End, Event, Image, Moment, Patience, Recording, Status, What};
use crate::record::Members;
use crate::stops::{self, Event as Stop, go_on, listen, resume};
use crate::threads::{self, Look};

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
        if self.closed {
            // Whoever is born from now on must go, too, however fast they are.
            stops::end(tid);
        }
        match self.recording.cut {
            None => resume(tid, signal),
            // Only births and deaths matter now.
            Some(_) => go_on(tid, signal),
        }
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
}
