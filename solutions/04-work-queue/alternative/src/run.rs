//! `pool run`: tasks from standard input, results to standard output.
//!
//! A *reader* takes lines as long as there is room, a *writer* tells results. Each waits in its own system call, so an
//! output that nobody reads for a while holds up neither leases nor the reaping of workers.

use std::collections::{HashSet, VecDeque};
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::SystemTime;

use ipc_kit::retry;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{getpid, write};

use crate::boss::{Body, Boss};
use crate::failure::Failure;
use crate::input::{Input, Line};
use crate::job::Job;
use crate::journal::Journal;
use crate::line::{self, Answer};
use crate::options::{Mode, Run, Stage};
use crate::pool::{Ended, Front, Plan, Pool};
use crate::record;
use crate::signals;
use crate::task::Task;

/// So much is written by one write at most: `PIPE_BUF`.
const BATCH: usize = 4096;

/// What is known of the lines.
#[derive(Debug)]
struct Ledger {
    scope: Arc<str>,
    ids: HashSet<Box<[u8]>>,
    waiting: VecDeque<Job>,
    /// So many lines are taken, and their results not written.
    outstanding: usize,
    most: usize,
    input_has_ended: bool,
    journal: Option<Journal>,
    output: VecDeque<Vec<u8>>,
    /// The writer has taken so many of them, and not written them yet.
    in_writing: usize,
    output_is_lost: bool,
    some_failed: bool,
}

/// Runs all tasks of standard input.
///
/// # Errors
/// What keeps pool from starting.
pub fn run(options: &Run) -> Result<u8, Failure> {
    signals::hold().map_err(|errno| Failure::system("signal", errno))?;
    let journal = options.journal.as_deref().map(Journal::open).transpose()?;
    let stage = Stage { name: String::new(), workers: options.workers };
    let pool = Pool::start(Plan {
        stages: vec![stage],
        retries: options.retries,
        lease: options.lease,
        one_task: options.mode == Mode::Fork,
        ..Plan::default()
    })?;
    let ledger = Ledger::new(journal, options.workers + options.queue);
    let bodies: [Body<Ledger>; 2] =
        [("reader".to_owned(), Box::new(read_lines)), ("writer".to_owned(), Box::new(write_results))];
    let (boss, status) = Boss::run(pool, ledger, bodies.into())?;
    let mut desk = boss.lock();
    if desk.front.journal.is_none() {
        // No other run will ask for these.
        desk.pool.left_over().iter().for_each(Job::forget_effect);
    }
    Ok(if status == 0 { desk.front.some_failed.into() } else { status })
}

impl Ledger {
    fn new(journal: Option<Journal>, most: usize) -> Ledger {
        // With a journal, an effect is the same in the next run. Without, it is nobody else's.
        let scope = match &journal {
            Some(_) => String::new(),
            None => own_scope(),
        };
        Ledger {
            scope: scope.into(),
            ids: HashSet::new(),
            waiting: VecDeque::new(),
            outstanding: 0,
            most,
            input_has_ended: false,
            journal,
            output: VecDeque::new(),
            in_writing: 0,
            output_is_lost: false,
            some_failed: false,
        }
    }

    /// Takes a line: queues its task, or answers it.
    fn take(&mut self, line: &Line) {
        self.outstanding += 1;
        let (bytes, is_whole) = match line {
            Line::Whole(bytes) => (bytes, true),
            Line::TooLong(beginning) => (beginning, false),
        };
        let Some((id, text)) = line::split(bytes) else { return self.refuse(line::NO_ID) };
        if !self.ids.insert(id.into()) {
            return self.refuse(id);
        }
        if let Some(old) = self.journal.as_ref().and_then(|journal| journal.old(id)).cloned() {
            // The run that recorded it may have died before it could do this.
            Job::new(&self.scope, 0, id, vec![text.to_vec()]).forget_effect();
            self.tell(old);
        } else if is_whole && Task::parse(text).is_some() {
            self.waiting.push_back(Job::new(&self.scope, 0, id, vec![text.to_vec()]));
        } else {
            self.refuse(id);
        }
    }

    fn refuse(&mut self, id: &[u8]) {
        self.tell(Answer::bad_task().line(id, 0, 0));
    }

    fn tell(&mut self, line: Vec<u8>) {
        self.some_failed |= record::is_fail(&line);
        self.output.push_back(line);
    }

    /// Some lines for one write.
    fn batch(&mut self) -> Vec<u8> {
        let mut batch = Vec::new();
        while let Some(line) =
            self.output.pop_front_if(|line| batch.is_empty() || batch.len() + line.len() <= BATCH)
        {
            batch.extend(line);
            self.in_writing += 1;
        }
        batch
    }
}

/// A name for the effects of this process that no other has had or will have.
pub fn own_scope() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    format!("{}.{}", getpid(), now.as_nanos())
}

impl Front for Ledger {
    fn next(&mut self) -> Option<Job> {
        self.waiting.pop_front()
    }

    fn ended(&mut self, ended: Ended) -> Result<(), Failure> {
        let Ended { job, pid, answer, .. } = ended;
        let line = answer.line(&job.id, pid.as_raw(), job.attempt);
        if let Some(journal) = &mut self.journal {
            // What is not recorded is not told: the next run tries again.
            journal.append(&line).inspect_err(|_| self.outstanding -= 1)?;
        }
        job.forget_effect();
        self.tell(line);
        Ok(())
    }

    fn drain(&mut self) {
        // The reader sees it, and takes no line.
    }

    fn is_done(&self, is_draining: bool) -> bool {
        let all_told = self.output.is_empty() && self.in_writing == 0;
        all_told && (is_draining || (self.input_has_ended && self.outstanding == 0))
    }
}

/// The reader.
fn read_lines(boss: &Boss<Ledger>) {
    let mut desk = boss.lock();
    let mut input = Input::default();
    let stdin = io::stdin();
    while !desk.pool.is_draining && !desk.front.input_has_ended {
        if desk.front.outstanding >= desk.front.most {
            desk = boss.wait(&boss.changed, desk);
        } else if let Some(line) = input.line() {
            desk.front.take(&line);
            boss.proceed(&mut desk);
        } else if input.has_ended() {
            desk.front.input_has_ended = true;
            boss.proceed(&mut desk);
        } else {
            drop(desk);
            let result = input.read(stdin.as_fd());
            desk = boss.lock();
            boss.check(&mut desk, result.map_err(|errno| Failure::system("stdin", errno)));
            boss.proceed(&mut desk);
        }
    }
    rest(boss, desk);
}

/// The writer.
fn write_results(boss: &Boss<Ledger>) {
    let mut desk = boss.lock();
    let stdout = io::stdout();
    while !desk.pool.is_ending {
        let batch = desk.front.batch();
        if batch.is_empty() {
            desk = boss.wait(&boss.changed, desk);
            continue;
        }
        let is_lost = desk.front.output_is_lost;
        drop(desk);
        let result = if is_lost { Ok(()) } else { write_all(stdout.as_fd(), &batch) };
        desk = boss.lock();
        desk.front.outstanding -= desk.front.in_writing;
        desk.front.in_writing = 0;
        desk.front.output_is_lost |= result.is_err();
        boss.check(&mut desk, result.map_err(|errno| Failure::system("stdout", errno)));
        boss.proceed(&mut desk);
    }
    rest(boss, desk);
}

/// A thread that ends while workers are made would not end under the lock.
fn rest<'a>(boss: &'a Boss<Ledger>, mut desk: crate::boss::Held<'a, Ledger>) {
    while !desk.pool.is_ending {
        desk = boss.wait(&boss.changed, desk);
    }
}

/// As in ipc-kit, but standard output may be non-blocking: that is a property of all who hold it.
fn write_all(to: impl AsFd, mut bytes: &[u8]) -> nix::Result<()> {
    while !bytes.is_empty() {
        match retry(|| write(&to, bytes)) {
            Err(Errno::EAGAIN) => {
                let mut writable = [PollFd::new(to.as_fd(), PollFlags::POLLOUT)];
                retry(|| poll(&mut writable, PollTimeout::NONE))?;
            }
            written => bytes = &bytes[written?..],
        }
    }
    Ok(())
}
