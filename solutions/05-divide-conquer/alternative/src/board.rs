//! A table of tasks in memory that dnc shares with its workers: workers take tasks themselves, by atomic operations.
//!
//! Nobody holds a lock, so a worker may be killed or stopped between any two instructions and hold up nobody. What
//! it had in hand, dnc reads here.

#![allow(unsafe_code, reason = "atomic numbers in memory that processes share")]

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use memmap2::MmapRaw;

use crate::failure::Failure;
use crate::ledger::Ledger;

/// The longest reason that a worker can tell, in bytes; names of files are part of it.
const REASON: usize = 8 << 10;
/// Bytes of one number.
const NUMBER: usize = size_of::<u32>();

/// The table. All numbers begin as 0.
///
/// | numbers | one for each | |
/// |---|---|---|
/// | done | task | 1 if it is done |
/// | owner | task | the first who took it, and is alive: worker + 1 |
/// | hand | worker | what it does now: task + 1 |
#[derive(Debug)]
pub struct Board {
    memory: MmapRaw,
    /// The same memory; behind the numbers there is a place for a reason for each worker.
    ledger: Ledger,
    tasks: usize,
    workers: usize,
}

impl Board {
    /// A board for so many tasks and workers.
    ///
    /// # Errors
    /// There is no memory.
    pub fn new(tasks: usize, workers: usize) -> Result<Board, Failure> {
        let length = (2 * tasks + workers) * NUMBER + workers * REASON;
        let ledger = Ledger::new(length as u64)?;
        let memory = MmapRaw::map_raw(ledger.file()).map_err(|error| Failure::io("mmap", &error))?;
        Ok(Board { memory, ledger, tasks, workers })
    }

    fn number(&self, index: usize) -> &AtomicU32 {
        assert!(index < 2 * self.tasks + self.workers, "the board has no number {index}");
        // SAFETY: the index is within the mapping (above).
        let place = unsafe { self.memory.as_mut_ptr().cast::<AtomicU32>().add(index) };
        // SAFETY: a mapping begins at a page, so each number is aligned; it lives as long as the board; nobody makes
        // the file shorter; and all processes touch these bytes by atomic operations only.
        unsafe { &*place }
    }

    fn done(&self, task: usize) -> &AtomicU32 {
        self.number(task)
    }

    fn owner(&self, task: usize) -> &AtomicU32 {
        self.number(self.tasks + task)
    }

    fn hand(&self, worker: usize) -> &AtomicU32 {
        self.number(2 * self.tasks + worker)
    }

    /// Whether all of these tasks are done; then what they have left can be read.
    pub fn are_done(&self, mut tasks: std::ops::Range<usize>) -> bool {
        // Acquire: meets the Release in `finish`, after the files of the task got their names.
        tasks.all(|task| self.done(task).load(Acquire) == 1)
    }

    /// Takes a task out of these for a worker: one that nobody has in hand, or else the one that fewest have. `None` if
    /// all are done.
    pub fn take(&self, tasks: std::ops::Range<usize>, worker: usize) -> Option<usize> {
        let me = worker as u32 + 1;
        let is_open = |task: &usize| self.done(*task).load(Acquire) == 0;
        // AcqRel and Relaxed: the exchange gives the task to one worker alone; no data goes with it.
        let take = |task: &usize| self.owner(*task).compare_exchange(0, me, AcqRel, Relaxed).is_ok();
        let free = tasks.clone().filter(is_open).find(take);
        let task = free.or_else(|| tasks.filter(is_open).min_by_key(|task| self.at_work_on(*task)))?;
        // Relaxed: a hint for other workers; dnc reads it after the worker's end.
        self.hand(worker).store(task as u32 + 1, Relaxed);
        Some(task)
    }

    fn at_work_on(&self, task: usize) -> usize {
        (0..self.workers).filter(|&worker| self.hand(worker).load(Relaxed) == task as u32 + 1).count()
    }

    /// The worker has done its task.
    pub fn finish(&self, task: usize, worker: usize) {
        // Release: whoever sees it (Acquire in `are_done` and `take`) sees what the task has left.
        self.done(task).store(1, Release);
        self.hand(worker).store(0, Relaxed);
    }

    /// A worker is dead, and reaped: others may take what it had. Gives its task, if that is not done.
    pub fn bury(&self, worker: usize) -> Option<usize> {
        let me = worker as u32 + 1;
        for task in 0..self.tasks {
            let _ = self.owner(task).compare_exchange(me, 0, AcqRel, Relaxed);
        }
        let task = self.hand(worker).swap(0, Relaxed).checked_sub(1)? as usize;
        (!self.are_done(task..task + 1)).then_some(task)
    }

    /// A worker leaves the reason why its task cannot be done.
    ///
    /// # Errors
    /// There is no memory.
    pub fn leave(&self, worker: usize, failure: &Failure) -> Result<(), Failure> {
        let mut text = format!("{}\n{}", failure.what, failure.reason).into_bytes();
        text.truncate(REASON);
        self.ledger.write(self.place(worker), &text)
    }

    /// The reason that a worker has left, which is dead and reaped.
    ///
    /// # Errors
    /// It has left none.
    pub fn reason(&self, worker: usize) -> Result<Failure, Failure> {
        let bytes = self.ledger.read(self.place(worker), REASON)?;
        let text = String::from_utf8_lossy(&bytes);
        let (what, reason) = text
            .trim_end_matches('\0')
            .rsplit_once('\n')
            .ok_or_else(|| Failure::new(format!("worker {worker}"), "it has failed and left no reason"))?;
        Ok(Failure::new(what, reason))
    }

    fn place(&self, worker: usize) -> u64 {
        ((2 * self.tasks + self.workers) * NUMBER + worker * REASON) as u64
    }
}
