//! The workers and what they do: who is idle, who has which task until when, who has died.
//!
//! The pool knows nothing of where tasks come from or where answers go. `run.rs`, `serve.rs` and `web.rs` bring it
//! tasks by [`Pool::dispatch`] and take from it what has ended (`ends.rs`).

mod ends;

use std::os::fd::BorrowedFd;
use std::path::PathBuf;
use std::time::Duration;

use nix::unistd::Pid;

use crate::failure::Failure;
use crate::job::Job;
use crate::line::Answer;
use crate::options::Stage;

// BEGIN SOLUTION
use std::collections::VecDeque;
use std::fs::File;
use std::os::fd::AsFd;
use std::time::Instant;

use nix::errno::Errno;

use crate::channel::Channel;
use crate::failure::say;
use crate::job::Order;
use crate::worker::Workshop;

pub(crate) use ends::replace;
// END SOLUTION

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

/// A task that has its answer.
#[derive(Debug)]
pub struct Ended {
    /// The task.
    pub job: Job,
    /// Whose answer it is.
    pub pid: Pid,
    /// What it is.
    pub answer: Answer,
    /// Whether the worker was there to say so itself.
    pub by_worker: bool,
}

/// The workers.
#[derive(Debug)]
pub struct Pool {
    // BEGIN SOLUTION
    plan: Plan,
    workshop: Workshop,
    stages: Vec<Queue>,
    workers: Vec<Worker>,
    // END SOLUTION
    /// No attempt is started any more.
    pub is_draining: bool,
}

// BEGIN SOLUTION
/// What waits before a stage, and behind it.
#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Job>,
    /// Tasks that have no room in the next stage yet; each keeps its worker.
    held: VecDeque<(Pid, Job)>,
}

#[derive(Debug)]
struct Worker {
    pid: Pid,
    stage: usize,
    channel: Channel,
    state: State,
}

#[derive(Debug)]
enum State {
    Idle,
    /// Has a task, until this instant if there is a lease.
    Busy(Job, Option<Instant>),
    /// Has done a task that the next stage has no room for.
    Holding,
    /// Has done its only task.
    Leaving,
}
// END SOLUTION

impl Pool {
    /// Makes a pool; in pool mode, all its workers.
    ///
    /// # Errors
    /// When a worker cannot be made; those that were made have ended then.
    pub fn start(plan: Plan) -> Result<Pool, Failure> {
        // BEGIN SOLUTION
        let null = File::options().read(true).write(true).open("/dev/null");
        let null = null.map_err(|error| Failure::io("/dev/null", &error))?;
        let workshop = Workshop { null, one_task: plan.one_task, root: plan.root.clone() };
        let stages = plan.stages.iter().map(|_| Queue::default()).collect();
        let mut pool = Pool { plan, workshop, stages, workers: Vec::new(), is_draining: false };
        if let Err(failure) = pool.fill_up() {
            pool.finish();
            return Err(failure);
        }
        Ok(pool)
        // END SOLUTION
        // STUB: todo!("M1: a pool; M2: with its workers")
    }
    // BEGIN SOLUTION

    /// In pool mode, each stage has as many workers as the plan says.
    fn fill_up(&mut self) -> Result<(), Failure> {
        if self.plan.one_task || self.is_draining {
            return Ok(());
        }
        for stage in 0..self.stages.len() {
            while self.living(stage) < self.plan.stages[stage].workers {
                self.hire(stage)?;
            }
        }
        Ok(())
    }

    fn living(&self, stage: usize) -> usize {
        self.workers.iter().filter(|worker| worker.stage == stage).count()
    }

    fn hire(&mut self, stage: usize) -> Result<usize, Failure> {
        let (pid, channel) = self.workshop.start().map_err(|errno| Failure::system("fork", errno))?;
        say(&format!("worker {pid} start{}\n", self.suffix(stage)));
        self.workers.push(Worker { pid, stage, channel, state: State::Idle });
        Ok(self.workers.len() - 1)
    }

    /// The name of the stage, as it stands at the end of a line.
    fn suffix(&self, stage: usize) -> String {
        let name = &self.plan.stages[stage].name;
        if name.is_empty() { String::new() } else { format!(" {name}") }
    }
    // END SOLUTION

    /// Puts a new task behind those that wait for the first stage.
    pub fn put(&mut self, job: Job) {
        // BEGIN SOLUTION
        self.stages[0].waiting.push_back(job);
        // END SOLUTION
        // STUB: todo!("M1: queue the task")
    }

    /// Whether no task is here.
    pub fn is_empty(&self) -> bool {
        // BEGIN SOLUTION
        let works = |worker: &Worker| match worker.state {
            State::Busy(..) => true,
            State::Holding => !self.is_draining,
            State::Idle | State::Leaving => false,
        };
        !self.workers.iter().any(works)
            && (self.is_draining || self.stages.iter().all(|stage| stage.waiting.is_empty()))
        // END SOLUTION
        // STUB: todo!("M1: whether all tasks have ended")
    }

    /// Replaces the dead, then brings tasks and idle workers together. `next` is asked for a task when the first stage
    /// has none waiting.
    ///
    /// # Errors
    /// When a worker cannot be made. No task is lost.
    pub fn dispatch(&mut self, mut next: impl FnMut() -> Option<Job>) -> Result<(), Failure> {
        // BEGIN SOLUTION
        self.fill_up()?;
        // From the last stage to the first: room there is room for the one before.
        for stage in (0..self.stages.len()).rev() {
            loop {
                while !self.is_draining && self.has_hands(stage) {
                    let first = if stage == 0 { &mut next } else { &mut (|| None) as &mut dyn FnMut() -> _ };
                    let Some(job) = self.stages[stage].waiting.pop_front().or_else(first) else { break };
                    self.hand_over(stage, job)?;
                }
                if stage == 0 || !self.advance_held(stage) {
                    break;
                }
            }
        }
        Ok(())
        // END SOLUTION
        // STUB: todo!("M1: a process for a task; M3: a task for each idle worker")
    }
    // BEGIN SOLUTION

    /// Whether a task could start now.
    fn has_hands(&self, stage: usize) -> bool {
        self.idle(stage).is_some()
            || (self.plan.one_task && self.living(stage) < self.plan.stages[stage].workers)
    }

    fn idle(&self, stage: usize) -> Option<usize> {
        let is_idle = |worker: &Worker| worker.stage == stage && matches!(worker.state, State::Idle);
        self.workers.iter().position(is_idle)
    }

    fn hand_over(&mut self, stage: usize, job: Job) -> Result<(), Failure> {
        let index = match self.idle(stage).map_or_else(|| self.hire(stage), Ok) {
            Ok(index) => index,
            Err(failure) => {
                self.stages[stage].waiting.push_front(job);
                return Err(failure);
            }
        };
        let worker = &mut self.workers[index];
        let sent =
            worker.channel.send(&Order::encode(&job), job.client.as_ref().map(|client| client.as_fd()));
        worker.state = State::Busy(job, self.plan.lease.map(|lease| Instant::now() + lease));
        match sent {
            // It has died a moment ago. That will be dealt with when the end of its channel is seen.
            Ok(()) | Err(Errno::EPIPE | Errno::ECONNRESET) => Ok(()),
            Err(errno) => Err(Failure::system("send", errno)),
        }
    }

    /// Lets one task go on from the stage before into this one, if there is room.
    fn advance_held(&mut self, stage: usize) -> bool {
        let idle = self.workers.iter().filter(|w| w.stage == stage && matches!(w.state, State::Idle)).count();
        if self.is_draining || self.stages[stage].waiting.len() >= self.plan.queue + idle {
            return false;
        }
        let Some((pid, job)) = self.stages[stage - 1].held.pop_front() else { return false };
        if let Some(worker) = self.workers.iter_mut().find(|worker| worker.pid == pid) {
            worker.state = State::Idle;
        }
        self.stages[stage].waiting.push_back(job);
        true
    }
    // END SOLUTION

    /// What to poll for input: one channel for each worker, with the worker's pid.
    pub fn channels(&self) -> impl Iterator<Item = (Pid, BorrowedFd<'_>)> {
        // BEGIN SOLUTION
        self.workers.iter().map(|worker| (worker.pid, worker.channel.as_fd()))
        // END SOLUTION
        // STUB: std::iter::empty()
    }
}
