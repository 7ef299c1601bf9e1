//! The workers and what they do: who is idle, who has which task until when, which part of a task comes next.
//!
//! The pool knows nothing of threads, of where tasks come from or of where answers go. A [`Front`] brings the ones and
//! takes the others; `boss.rs` tells the pool what its threads have seen.

mod ends;

use std::collections::VecDeque;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::channel::Channel;
use crate::failure::{Failure, say};
use crate::job::{Job, Order};
use crate::line::Answer;
use crate::options::Stage;
use crate::worker::Workshop;

/// What a pool is made of.
#[derive(Debug, Default)]
pub struct Plan {
    /// Its stages, one at least.
    pub stages: Vec<Stage>,
    /// Room for waiting tasks between two stages.
    pub queue: usize,
    /// How often a task is tried again.
    pub retries: u32,
    /// How long an attempt may take.
    pub lease: Option<Duration>,
    /// A process for each attempt.
    pub one_task: bool,
    /// Workers answer HTTP from this folder.
    pub root: Option<PathBuf>,
}

/// Where tasks come from, and answers go to.
pub trait Front: Send + 'static {
    /// The next task for the first stage, if one waits.
    fn next(&mut self) -> Option<Job>;

    /// A task has ended.
    ///
    /// # Errors
    /// When the answer cannot be kept; then no attempt is started any more.
    fn ended(&mut self, ended: Ended) -> Result<(), Failure>;

    /// No attempt starts any more: nothing is to be taken. This is said again and again.
    fn drain(&mut self);

    /// Whether the workers may go, once they are idle: nothing waits and nothing will come, or, in the end by
    /// SIGTERM or by a failure (`is_draining`), all that was answered is told.
    fn is_done(&self, is_draining: bool) -> bool;
}

/// A task that has its answer.
#[derive(Debug)]
pub struct Ended {
    /// The task.
    pub job: Job,
    /// Whose answer it is.
    pub pid: Pid,
    /// What it is.
    pub answer: Answer,
    /// Whether the worker has told the client itself.
    pub told: bool,
}

/// The workers.
#[derive(Debug)]
pub struct Pool {
    plan: Plan,
    workshop: Workshop,
    slots: Vec<Slot>,
    stages: Vec<Queue>,
    /// No attempt is started any more.
    pub is_draining: bool,
    /// The workers that live have been told to end.
    pub is_ending: bool,
}

/// The place of one worker. Dead workers are replaced in their place.
#[derive(Debug, Default)]
struct Slot {
    stage: usize,
    worker: Option<Worker>,
    attempt: Option<Attempt>,
    /// A task that is done here, and has no room in the next stage.
    held: Option<Job>,
}

#[derive(Debug, Clone)]
struct Worker {
    pid: Pid,
    channel: Arc<Channel>,
    /// The end of its channel was seen: it may be reaped at any time, and its pid be another's.
    is_gone: bool,
}

#[derive(Debug)]
struct Attempt {
    job: Job,
    /// When its lease passes.
    until: Option<Instant>,
    is_given_up: bool,
}

/// What one stage has to do, and slots that could do it.
#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Job>,
    idle: VecDeque<usize>,
    /// Slots that hold a task for the next stage, the oldest first.
    holding: VecDeque<usize>,
}

impl Pool {
    /// Makes a pool; in pool mode, all its workers. To be called before there are threads.
    ///
    /// # Errors
    /// When a worker cannot be made; those that were made have ended then.
    pub fn start(plan: Plan) -> Result<Pool, Failure> {
        let workshop = Workshop::new(plan.one_task, plan.root.clone())?;
        let stages = plan.stages.iter().map(|_| Queue::default()).collect();
        let places = plan.stages.iter().enumerate();
        let slots =
            places.flat_map(|(stage, has)| (0..has.workers).map(move |_| Slot { stage, ..Slot::default() }));
        let slots = slots.collect();
        let mut pool = Pool { plan, workshop, slots, stages, is_draining: false, is_ending: false };
        if !pool.plan.one_task {
            for slot in 0..pool.slots.len() {
                if let Err(failure) = pool.hire(slot) {
                    pool.abandon();
                    return Err(failure);
                }
                pool.rest(slot);
            }
        }
        Ok(pool)
    }

    /// How many workers there may be.
    pub fn size(&self) -> usize {
        self.slots.len()
    }

    /// Whether attempts have a lease.
    pub fn has_leases(&self) -> bool {
        self.plan.lease.is_some()
    }

    /// Whether workers live for one attempt only.
    pub fn is_one_task(&self) -> bool {
        self.plan.one_task
    }

    /// Where to wait for the worker of this slot, if it has one.
    pub fn channel(&self, slot: usize) -> Option<Arc<Channel>> {
        self.slots[slot].worker.as_ref().map(|worker| Arc::clone(&worker.channel))
    }

    /// A new worker for this slot.
    fn hire(&mut self, slot: usize) -> Result<(), Failure> {
        let (pid, channel) = self.workshop.start()?;
        say(&format!("worker {pid} start{}\n", self.name(slot)));
        self.slots[slot].worker = Some(Worker { pid, channel: Arc::new(channel), is_gone: false });
        Ok(())
    }

    /// What stands at the end of a `worker` line.
    fn name(&self, slot: usize) -> String {
        let name = &self.plan.stages[self.slots[slot].stage].name;
        if name.is_empty() { String::new() } else { format!(" {name}") }
    }

    /// The worker of this slot may get a task, unless it holds one.
    fn rest(&mut self, slot: usize) {
        let place = &self.slots[slot];
        if !self.plan.one_task && place.worker.is_some() && place.held.is_none() {
            self.stages[place.stage].idle.push_back(slot);
        }
    }

    /// Brings tasks and idle workers together, the last stage first: it makes room for those before it.
    pub fn dispatch(&mut self, front: &mut impl Front) {
        while !self.is_draining && (0..self.stages.len()).rev().any(|stage| self.feed(stage, front)) {}
    }

    /// Gives a task to an idle worker of this stage. Tells whether there were both.
    fn feed(&mut self, stage: usize, front: &mut impl Front) -> bool {
        let Some(&slot) = self.stages[stage].idle.front() else { return false };
        let Some(job) = self.next(stage, front) else { return false };
        self.stages[stage].idle.pop_front();
        self.assign(slot, job);
        true
    }

    /// The next task of a stage. In its place another one may come that was held.
    fn next(&mut self, stage: usize, front: &mut impl Front) -> Option<Job> {
        let Some(job) = self.stages[stage].waiting.pop_front() else {
            return if stage == 0 { front.next() } else { None };
        };
        if stage > 0
            && self.has_room(stage)
            && let Some(slot) = self.stages[stage - 1].holding.pop_front()
        {
            self.stages[stage].waiting.extend(self.slots[slot].held.take());
            self.rest(slot);
        }
        Some(job)
    }

    /// Whether one task more may wait for this stage.
    fn has_room(&self, stage: usize) -> bool {
        self.stages[stage].waiting.len() < self.plan.queue.max(1)
    }

    /// Begins an attempt. A worker that cannot be reached is dead, or will be: the task stays in front.
    fn assign(&mut self, slot: usize, job: Job) {
        let Some(worker) = self.slots[slot].worker.clone() else { return };
        let client = job.client.clone();
        match worker.channel.send(&Order::encode(&job), client.as_ref().map(|client| client.as_fd())) {
            Ok(()) => {
                let until = self.plan.lease.map(|lease| Instant::now() + lease);
                self.slots[slot].attempt = Some(Attempt { job, until, is_given_up: false });
            }
            Err(_) => {
                self.stages[self.slots[slot].stage].waiting.push_front(job);
                worker.kill();
            }
        }
    }

    /// In fork mode: a worker for the next task, if one waits. Tells whether there is one now.
    ///
    /// # Errors
    /// When it cannot be made. The task waits on.
    pub fn hire_for_task(&mut self, slot: usize, front: &mut impl Front) -> Result<bool, Failure> {
        let Some(job) = self.next(self.slots[slot].stage, front) else { return Ok(false) };
        if let Err(failure) = self.hire(slot) {
            self.stages[self.slots[slot].stage].waiting.push_front(job);
            return Err(failure);
        }
        self.assign(slot, job);
        Ok(true)
    }

    /// Whether no worker has a task, and, as long as more may start, none waits.
    pub fn is_quiet(&self) -> bool {
        let is_empty = self.stages.iter().all(|stage| stage.waiting.is_empty() && stage.holding.is_empty());
        self.slots.iter().all(|slot| slot.attempt.is_none()) && (self.is_draining || is_empty)
    }

    /// Whether no worker is left.
    pub fn is_empty(&self) -> bool {
        self.slots.iter().all(|slot| slot.worker.is_none())
    }
}

impl Worker {
    fn kill(&self) {
        if !self.is_gone {
            // It may have ended by itself; it is not reaped yet, so the pid is still its own.
            let _ = kill(self.pid, Signal::SIGKILL);
        }
    }
}
