//! The job table: pipelines that psh does not wait for.

use std::collections::BTreeMap;

use crate::procs::{Procs, State};

/// The processes of a pipeline or of a background list.
#[derive(Default)]
pub(crate) struct Job {
    /// Its process group.
    pub(crate) group: i32,
    /// One process a stage.
    pub(crate) stages: Vec<i32>,
    /// The processes of its `<(LIST)`.
    pub(crate) feeds: Vec<i32>,
    /// The source text.
    pub(crate) text: Vec<u8>,
    /// Not a child of this process, which was forked from the shell that has it: only `jobs` may see it.
    pub(crate) foreign: Option<&'static str>,
}

impl Job {
    pub(crate) fn pids(&self) -> impl Iterator<Item = i32> {
        self.stages.iter().chain(&self.feeds).copied()
    }

    /// The state of all: running if anybody runs, then stopped, then ended.
    pub(crate) fn state(&self, procs: &Procs) -> State {
        let of = |pids: &[i32]| {
            let states = pids.iter().filter_map(|pid| procs.state(*pid));
            states.fold(State::Ended(0), |all, one| match (all, one) {
                (State::Running, _) | (_, State::Running) => State::Running,
                (State::Stopped(signal), _) | (_, State::Stopped(signal)) => State::Stopped(signal),
                _ => State::Ended(0),
            })
        };
        match of(&self.stages) {
            State::Ended(_) => of(&self.feeds),
            state => state,
        }
    }

    /// The status of a pipeline whose stages have all ended.
    pub(crate) fn status(&self, procs: &Procs, pipefail: bool) -> u8 {
        let mut statuses = self.stages.iter().rev().map(|pid| match procs.state(*pid) {
            Some(State::Ended(status)) => status,
            _ => 127,
        });
        if pipefail {
            statuses.find(|status| *status != 0).unwrap_or(0)
        } else {
            statuses.next().unwrap_or(0)
        }
    }

    fn word(&self, procs: &Procs) -> &'static str {
        self.foreign.unwrap_or(match self.state(procs) {
            State::Running => "running",
            State::Stopped(_) => "stopped",
            State::Ended(_) => "done",
        })
    }
}

/// Jobs by number.
#[derive(Default)]
pub(crate) struct Jobs {
    pub(crate) table: BTreeMap<usize, Job>,
}

impl Jobs {
    /// Adds a job under its old number, or the largest in use + 1.
    pub(crate) fn add(&mut self, job: Job, number: Option<usize>) -> usize {
        let number = number.unwrap_or_else(|| self.table.keys().next_back().copied().unwrap_or(0) + 1);
        self.table.insert(number, job);
        number
    }

    /// In a forked child: these are no children of ours, and stay what they are.
    pub(crate) fn disown(&mut self, procs: &Procs) {
        for job in self.table.values_mut() {
            job.foreign = Some(job.word(procs));
        }
    }

    /// The line `jobs` prints for each, by number.
    pub(crate) fn lines(&self, procs: &Procs) -> Vec<u8> {
        let mut lines = Vec::new();
        for (number, job) in &self.table {
            lines.extend(format!("[{number}] {} {} ", job.word(procs), job.group).bytes());
            lines.extend(&job.text);
            lines.push(b'\n');
        }
        lines
    }

    /// Forgets the jobs that are done; the statuses of their processes stay known to `wait PID`.
    pub(crate) fn forget_done(&mut self, procs: &Procs) {
        self.table.retain(|_, job| job.word(procs) != "done");
    }
}
