//! How attempts end: by an answer, by the worker's death, or because the lease has passed. See `waitpid(2)`, `kill(2)`.

use std::time::Instant;

use nix::sys::wait::WaitStatus;
use nix::unistd::Pid;

use super::{Ended, Front, Pool};
use crate::failure::{Failure, say};
use crate::job::{Job, Reply};
use crate::line::Answer;
use crate::task::Task;

impl Pool {
    /// A worker has said something. What it says after its lease is dropped.
    ///
    /// # Errors
    /// What the front says.
    pub fn answered(&mut self, slot: usize, message: &[u8], front: &mut impl Front) -> Result<(), Failure> {
        let place = &mut self.slots[slot];
        let (Some(worker), Some(attempt)) =
            (&place.worker, place.attempt.take_if(|attempt| !attempt.is_given_up))
        else {
            return Ok(());
        };
        let (pid, job) = (worker.pid, attempt.job);
        let Reply { told, answer } = Reply::decode(message)
            .unwrap_or_else(|| Reply { told: false, answer: Answer::fail("unreadable answer") });
        let result = if answer.ok && !job.is_last() {
            self.hand_on(slot, job, pid, &answer.text, front)
        } else {
            front.ended(Ended { job, pid, answer, told })
        };
        self.rest(slot);
        result
    }

    /// The next part of a task, with the result of the one before in it, goes to the next stage, or is held.
    fn hand_on(
        &mut self,
        slot: usize,
        mut job: Job,
        pid: Pid,
        result: &[u8],
        front: &mut impl Front,
    ) -> Result<(), Failure> {
        let (stage, next) = (self.slots[slot].stage, self.slots[slot].stage + 1);
        job.forget_effect();
        job.part += 1;
        job.attempt = 1;
        let text = Job::fill(job.text(), result);
        if Task::parse(&text).is_none() {
            job.attempt = 0;
            return front.ended(Ended { job, pid, answer: Answer::bad_task(), told: false });
        }
        let part = job.part;
        job.parts[part] = text;
        if self.has_room(next) {
            self.stages[next].waiting.push_back(job);
        } else {
            self.slots[slot].held = Some(job);
            self.stages[stage].holding.push_back(slot);
        }
        Ok(())
    }

    /// The end of a worker's channel was seen: it is no good any more. Gives its pid, to be waited for.
    pub fn is_lost(&mut self, slot: usize) -> Option<Pid> {
        let place = &mut self.slots[slot];
        self.stages[place.stage].idle.retain(|&idle| idle != slot);
        let worker = place.worker.as_mut()?;
        worker.is_gone = true;
        Some(worker.pid)
    }

    /// A worker was reaped. It is replaced first: its task is tried again only if somebody can do so.
    ///
    /// # Errors
    /// When it cannot be replaced, or what the front says. The pool is draining then.
    pub fn reaped(&mut self, slot: usize, status: WaitStatus, front: &mut impl Front) -> Result<(), Failure> {
        let Some(worker) = self.slots[slot].worker.take() else { return Ok(()) };
        let attempt = self.slots[slot].attempt.take();
        let result = self.tell_end(slot, worker.pid, status);
        let retries = self.plan.retries;
        let may_be_tried_again = attempt.as_ref().is_some_and(|attempt| attempt.job.attempt <= retries);
        let replaced = self.replace(slot, may_be_tried_again);
        self.is_draining |= replaced.is_err();
        let Some(attempt) = attempt else { return replaced };
        let (mut job, stage) = (attempt.job, self.slots[slot].stage);
        if self.is_draining || !may_be_tried_again {
            let answer = Answer::fail(if attempt.is_given_up { "lease".to_owned() } else { result });
            return replaced.and(front.ended(Ended { job, pid: worker.pid, answer, told: false }));
        }
        job.attempt += 1;
        if self.plan.one_task {
            self.assign(slot, job);
        } else {
            self.stages[stage].waiting.push_front(job);
        }
        Ok(())
    }

    /// In pool mode each dead worker is replaced, in fork mode one whose task may be tried again.
    fn replace(&mut self, slot: usize, is_for_task: bool) -> Result<(), Failure> {
        if self.is_draining || self.is_ending || (self.plan.one_task && !is_for_task) {
            return Ok(());
        }
        self.hire(slot)?;
        self.rest(slot);
        Ok(())
    }

    /// When the next lease passes.
    pub fn next_lease(&self) -> Option<Instant> {
        let attempts = self.slots.iter().filter_map(|slot| slot.attempt.as_ref());
        attempts.filter(|attempt| !attempt.is_given_up).filter_map(|attempt| attempt.until).min()
    }

    /// Gives up each worker whose lease has passed: kills it. All else comes by its death.
    ///
    /// One that has answered, or has died, is in time: nobody has looked yet.
    pub fn expire(&mut self, now: Instant) {
        for slot in &mut self.slots {
            let (Some(worker), Some(attempt)) = (&slot.worker, &mut slot.attempt) else { continue };
            if attempt.is_given_up || attempt.until.is_none_or(|until| until > now) {
                continue;
            }
            attempt.until = None;
            if !worker.is_gone && !worker.channel.has_something() {
                attempt.is_given_up = true;
                worker.kill();
            }
        }
    }

    /// Lets all workers see the end of their channel.
    pub fn end(&mut self) {
        self.is_ending = true;
        for worker in self.slots.iter().filter_map(|slot| slot.worker.as_ref()) {
            worker.channel.end();
        }
    }

    /// Ends all workers and reaps them, where no other thread does it.
    pub fn abandon(&mut self) {
        self.end();
        for slot in 0..self.slots.len() {
            let Some(worker) = self.slots[slot].worker.take() else { continue };
            if let Ok(status) = ipc_kit::wait_for(worker.pid) {
                self.tell_end(slot, worker.pid, status);
            }
        }
    }

    /// Says how a worker has ended. Gives the RESULT of a task that it had.
    fn tell_end(&self, slot: usize, pid: Pid, status: WaitStatus) -> String {
        let (how, number) = match status {
            WaitStatus::Signaled(_, signal, _) => ("signal", signal as i32),
            WaitStatus::Exited(_, code) => ("exit", code),
            // waitpid(2) tells of stops only where it is asked to.
            _ => ("exit", 0),
        };
        let field = if how == "exit" { "code" } else { how };
        say(&format!("worker {pid} end {field}={number}{}\n", self.name(slot)));
        format!("{how} {number}")
    }

    /// The tasks that will not be tried any more.
    pub fn left_over(&mut self) -> Vec<Job> {
        self.stages.iter_mut().flat_map(|stage| stage.waiting.drain(..)).collect()
    }
}
