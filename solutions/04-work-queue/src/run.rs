//! `pool run`: tasks from standard input, results to standard output. The boss's loop.

use crate::failure::Failure;
use crate::options::Run;

// BEGIN SOLUTION
use std::collections::HashSet;
use std::io::{stdin, stdout};
use std::os::fd::AsFd;

use ipc_kit::write_all;
use nix::poll::PollFlags;

use crate::effect;
use crate::input::{Input, Line};
use crate::job::Job;
use crate::journal::Journal;
use crate::line::{Answer, NO_ID, split};
use crate::options::{Mode, Stage};
use crate::pool::{Ended, Plan, Pool};
use crate::record;
use crate::signals::Terminations;
use crate::task::Task;
use crate::watch::{Watch, What};
// END SOLUTION

/// The status after SIGTERM: 128 and its number.
pub const TERMINATED: u8 = 143;

/// Runs all tasks of standard input.
///
/// # Errors
/// What keeps pool from starting.
pub fn run(options: &Run) -> Result<u8, Failure> {
    // BEGIN SOLUTION
    let mut boss = Boss::start(options)?;
    while !boss.is_done() {
        if let Err(failure) = boss.step() {
            boss.give_up(&failure);
        }
    }
    boss.pool.finish();
    Ok(boss.status())
    // END SOLUTION
    // STUB: todo!("M1: take lines, run their tasks, print the results")
}
// BEGIN SOLUTION

struct Boss {
    pool: Pool,
    terminations: Terminations,
    journal: Option<Journal>,
    input: Input,
    /// Each ID that was taken.
    seen: HashSet<Vec<u8>>,
    /// Tasks that are taken and not answered.
    outstanding: usize,
    /// So many may be.
    most: usize,
    any_fail: bool,
    /// Nobody reads the results any more.
    is_mute: bool,
    /// The status of an end that is not the end of the input.
    ending: Option<u8>,
}

impl Boss {
    fn start(options: &Run) -> Result<Boss, Failure> {
        // A journal that cannot be used is found out before there is anybody to send home.
        let journal = options.journal.as_deref().map(Journal::open).transpose()?;
        let terminations = Terminations::new()?;
        let plan = Plan {
            stages: vec![Stage { name: String::new(), workers: options.workers }],
            queue: options.queue,
            retries: options.retries,
            lease: options.lease,
            one_task: options.mode == Mode::Fork,
            root: None,
        };
        Ok(Boss {
            pool: Pool::start(plan)?,
            terminations,
            journal,
            input: Input::default(),
            seen: HashSet::new(),
            outstanding: 0,
            most: options.workers + options.queue,
            any_fail: false,
            is_mute: false,
            ending: None,
        })
    }

    /// Nothing is left to do: neither here nor, if more may come, in the input.
    fn is_done(&mut self) -> bool {
        self.pool.is_empty()
            && (self.ending.is_some() || (self.input.is_exhausted() && self.outstanding == 0))
    }

    fn status(&self) -> u8 {
        self.ending.unwrap_or_else(|| self.any_fail.into())
    }

    /// From now on only what runs goes on.
    fn end_with(&mut self, status: u8) {
        self.ending.get_or_insert(status);
        self.pool.is_draining = true;
    }

    fn give_up(&mut self, failure: &Failure) {
        failure.complain();
        self.end_with(failure.status);
    }

    /// Takes what there is room for, hands it out, and waits for what comes next.
    fn step(&mut self) -> Result<(), Failure> {
        self.take_lines()?;
        self.pool.dispatch(|| None)?;
        if self.is_done() {
            return Ok(());
        }
        self.wait()
    }

    fn has_room(&self) -> bool {
        self.ending.is_none() && self.outstanding < self.most
    }

    fn take_lines(&mut self) -> Result<(), Failure> {
        while self.has_room() {
            match self.input.line() {
                Some(Line::Whole(line)) => self.take(&line)?,
                Some(Line::TooLong(line)) => self.refuse(split(&line).map(|(id, _)| id))?,
                None => break,
            }
        }
        Ok(())
    }

    /// A line becomes a task, or is answered at once.
    fn take(&mut self, line: &[u8]) -> Result<(), Failure> {
        let Some((id, text)) = split(line) else { return self.refuse(None) };
        if self.seen.contains(id) {
            return self.refuse(Some(id));
        }
        let task = Task::parse(text);
        if let Some(old) = self.journal.as_ref().and_then(|journal| journal.old(id)).cloned() {
            self.seen.insert(id.to_vec());
            // The run that recorded it may have died just before it removed this.
            forget(&Job::new(0, id, vec![text.to_vec()]));
            return self.tell(&old);
        }
        if task.is_none() {
            return self.refuse(Some(id));
        }
        self.seen.insert(id.to_vec());
        self.outstanding += 1;
        self.pool.put(Job::new(0, id, vec![text.to_vec()]));
        Ok(())
    }

    /// The line is no task.
    fn refuse(&mut self, id: Option<&[u8]>) -> Result<(), Failure> {
        self.seen.extend(id.map(<[u8]>::to_vec));
        self.tell(&Answer::bad_task().line(id.unwrap_or(NO_ID), 0, 0))
    }

    /// Prints a line of output.
    fn tell(&mut self, output: &[u8]) -> Result<(), Failure> {
        self.any_fail |= record::is_fail(output);
        if self.is_mute {
            return Ok(());
        }
        let told = write_all(stdout(), output);
        self.is_mute = told.is_err();
        told.map_err(|errno| Failure::system("stdout", errno))
    }

    /// A task has its answer.
    fn answered(&mut self, ended: &Ended) {
        self.outstanding -= 1;
        if let Err(failure) = self.keep_and_tell(ended) {
            self.give_up(&failure);
        }
    }

    /// The order of these steps is what makes a second run right, wherever this one is killed.
    fn keep_and_tell(&mut self, ended: &Ended) -> Result<(), Failure> {
        let Ended { job, pid, answer, .. } = ended;
        let output = answer.line(&job.id, pid.as_raw(), job.attempt);
        if let Some(journal) = &mut self.journal {
            journal.append(&output)?;
        }
        let told = self.tell(&output);
        forget(job);
        told
    }

    /// Waits until something has happened, and deals with it.
    fn wait(&mut self) -> Result<(), Failure> {
        let wants_input = self.has_room() && self.input.wants_more();
        let stdin = stdin();
        let mut watch = Watch::of(&self.pool);
        watch.add(What::Termination, self.terminations.as_fd(), PollFlags::POLLIN);
        if wants_input {
            watch.add(What::Input, stdin.as_fd(), PollFlags::POLLIN);
        }
        for (what, _) in watch.wait(self.pool.next_lease())? {
            match what {
                What::Worker(pid) => {
                    let ended = self.pool.look_at(pid)?;
                    ended.iter().for_each(|ended| self.answered(ended));
                }
                What::Termination if self.terminations.take()? => self.end_with(TERMINATED),
                What::Input => {
                    self.input.read(&stdin).map_err(|errno| Failure::system("stdin", errno))?;
                }
                _ => {}
            }
        }
        // After the answers: what has come in time counts.
        let ended = self.pool.expire();
        ended.iter().for_each(|ended| self.answered(ended));
        Ok(())
    }
}

/// The answer to this task is safe: what it needed to remember its effect may go.
pub(crate) fn forget(job: &Job) {
    if let Some(Task::Write(file, _)) = Task::parse(job.text()) {
        effect::forget(&job.key(), &file);
    }
}
// END SOLUTION
