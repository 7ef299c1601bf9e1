//! How attempts end: by an answer, by the worker's death, or because the lease has passed. See `waitpid(2)`, `kill(2)`.

use std::time::Duration;

use nix::unistd::Pid;

use super::{Ended, Pool};
use crate::failure::Failure;

// BEGIN SOLUTION
use std::time::Instant;

use ipc_kit::retry;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};

use super::{State, Worker};
use crate::failure::say;
use crate::line::Answer;
use crate::task::Task;
// END SOLUTION

impl Pool {
    /// The worker's channel is readable: takes its answer, or its end. Gives the task that has ended by it.
    ///
    /// # Errors
    /// What recvmsg(2) says.
    pub fn look_at(&mut self, pid: Pid) -> Result<Option<Ended>, Failure> {
        // BEGIN SOLUTION
        let Some(index) = self.workers.iter().position(|worker| worker.pid == pid) else { return Ok(None) };
        let message = self.workers[index].channel.receive();
        let message = message.map_err(|errno| Failure::system("receive", errno))?;
        match message.and_then(|message| Answer::decode(&message.bytes)) {
            Some(answer) => Ok(self.has_answered(index, answer)),
            None => Ok(self.has_died(index)),
        }
        // END SOLUTION
        // STUB: todo!("M1: take an answer; M5: or the end of the worker")
    }
    // BEGIN SOLUTION

    fn has_answered(&mut self, index: usize, answer: Answer) -> Option<Ended> {
        let worker = &mut self.workers[index];
        let (pid, stage) = (worker.pid, worker.stage);
        let after = if self.plan.one_task { State::Leaving } else { State::Idle };
        let State::Busy(mut job, _) = std::mem::replace(&mut worker.state, after) else { return None };
        if !answer.ok || job.is_last() {
            return Some(Ended { job, pid, answer, by_worker: true });
        }
        job.part += 1;
        let part = replace(job.text(), &answer.text);
        if Task::parse(&part).is_none() {
            job.attempt = 0;
            return Some(Ended { job, pid, answer: Answer::bad_task(), by_worker: false });
        }
        let part_now = job.part;
        job.parts[part_now] = part;
        job.attempt = 1;
        worker.state = State::Holding;
        self.stages[stage].held.push_back((pid, job));
        None
    }

    /// Another takes its place when tasks are handed out next.
    fn has_died(&mut self, index: usize) -> Option<Ended> {
        let worker = self.workers.remove(index);
        let how = self.reap(worker.pid, worker.stage);
        self.end_attempt(worker, &how)
    }

    /// The attempt of this worker is over, and has no answer.
    fn end_attempt(&mut self, worker: Worker, how: &str) -> Option<Ended> {
        let Worker { pid, stage, state, .. } = worker;
        match state {
            State::Busy(mut job, _) if !self.is_draining && job.attempt <= self.plan.retries => {
                job.attempt += 1;
                self.stages[stage].waiting.push_front(job);
                None
            }
            State::Busy(job, _) => Some(Ended { job, pid, answer: Answer::fail(how), by_worker: false }),
            State::Idle | State::Holding | State::Leaving => None,
        }
    }

    /// Waits for the end of a worker that is about to end, and tells how it was.
    fn reap(&self, pid: Pid, stage: usize) -> String {
        let suffix = self.suffix(stage);
        match retry(|| waitpid(pid, None)) {
            Ok(WaitStatus::Signaled(_, signal, _)) => {
                say(&format!("worker {pid} end signal={}{suffix}\n", signal as i32));
                format!("signal {}", signal as i32)
            }
            Ok(WaitStatus::Exited(_, code)) => {
                say(&format!("worker {pid} end code={code}{suffix}\n"));
                format!("exit {code}")
            }
            other => format!("lost ({other:?})"),
        }
    }
    // END SOLUTION

    /// How long until the next lease passes.
    pub fn next_lease(&self) -> Option<Duration> {
        // BEGIN SOLUTION
        let now = Instant::now();
        self.leases().map(|(_, end)| end.saturating_duration_since(now)).min()
        // END SOLUTION
        // STUB: todo!("M7: the nearest end of a lease")
    }
    // BEGIN SOLUTION

    fn leases(&self) -> impl Iterator<Item = (Pid, Instant)> {
        self.workers.iter().filter_map(|worker| match worker.state {
            State::Busy(_, Some(end)) => Some((worker.pid, end)),
            _ => None,
        })
    }
    // END SOLUTION

    /// Gives up each worker whose lease has passed. Gives the tasks that have ended by it.
    pub fn expire(&mut self) -> Vec<Ended> {
        // BEGIN SOLUTION
        let now = Instant::now();
        let late: Vec<Pid> = self.leases().filter(|(_, end)| *end <= now).map(|(pid, _)| pid).collect();
        let mut ended = Vec::new();
        for pid in late {
            let Some(index) = self.workers.iter().position(|worker| worker.pid == pid) else { continue };
            let worker = self.workers.remove(index);
            // Whatever it does, it must not do it later. SIGKILL reaches it even if it is stopped; if it has ended
            // already, it is a zombie, and the signal harms nobody.
            let _ = kill(pid, Signal::SIGKILL);
            self.reap(pid, worker.stage);
            ended.extend(self.end_attempt(worker, "lease"));
        }
        ended
        // END SOLUTION
        // STUB: todo!("M7: give up the workers whose lease has passed")
    }

    /// Lets all workers end, and reaps them in the order of their ends.
    pub fn finish(&mut self) {
        // BEGIN SOLUTION
        self.is_draining = true;
        // All channels close here. A worker that is stopped keeps none of the others from its end.
        let mut left: Vec<(Pid, usize)> =
            self.workers.drain(..).map(|worker| (worker.pid, worker.stage)).collect();
        while !left.is_empty() {
            let Some(place) = first_to_end(&left) else { return };
            let (pid, stage) = left.swap_remove(place);
            self.reap(pid, stage);
        }
        // END SOLUTION
        // STUB: todo!("M2: let all workers end, and reap them")
    }
}
// BEGIN SOLUTION

/// Waits until one of these has ended, and leaves it to be reaped.
fn first_to_end(workers: &[(Pid, usize)]) -> Option<usize> {
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
    let pid = retry(|| waitid(Id::All, flags)).ok()?.pid()?;
    workers.iter().position(|(worker, _)| *worker == pid)
}

/// Puts `with` in the place of each `{}`.
pub(crate) fn replace(text: &[u8], with: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.windows(2).position(|two| two == b"{}") {
        out.extend_from_slice(&rest[..place]);
        out.extend_from_slice(with);
        rest = &rest[place + 2..];
    }
    out.extend_from_slice(rest);
    out
}
// END SOLUTION
