//! The job table: background pipelines, and foreground ones that were stopped.

use crate::processes::Processes;
use crate::wait::{Children, State};

/// One job.
#[derive(Debug, Clone)]
pub struct Job {
    /// What `fg` calls it.
    pub number: usize,
    /// Its processes.
    pub processes: Processes,
    /// Its source text.
    pub text: Vec<u8>,
}

/// The jobs, by number.
#[derive(Debug, Default)]
pub struct Jobs {
    table: Vec<Job>,
}

impl Jobs {
    /// Adds a job, with this number or one more than the largest in use; returns the number.
    pub fn add(&mut self, processes: Processes, number: Option<usize>, text: &[u8]) -> usize {
        let number = number.unwrap_or_else(|| self.table.last().map_or(1, |job| job.number + 1));
        let place = self.table.partition_point(|job| job.number < number);
        self.table.insert(place, Job { number, processes, text: text.to_vec() });
        number
    }

    /// The jobs by number.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Job> {
        self.table.iter()
    }

    /// Takes a job out of the table.
    pub fn remove(&mut self, number: usize) -> Option<Job> {
        let place = self.table.iter().position(|job| job.number == number)?;
        Some(self.table.remove(place))
    }

    /// Forgets the jobs that have ended.
    pub fn forget_done(&mut self, children: &Children) {
        self.table.retain(|job| !matches!(job.processes.state(children, false), State::Ended(_)));
    }
}
