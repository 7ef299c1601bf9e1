//! Grades the members of a class with several workers; the caller hears of each step as it ends.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;

use anyhow::{Context as _, Result};
use sandbox::protocol::Verdict;

use super::queue::{Limits, Queue, Task};
use super::session::{Programs, Session};
use super::work::Work;
use crate::manifest::Check;
use crate::outcome::CheckOutcome;
use crate::score::Entry;
use crate::{interrupt, pool};

/// One member.
#[derive(Debug, Clone)]
pub struct Member {
    /// Who it is, and what intake said.
    pub entry: Entry,
    /// The editable files.
    pub work: Work,
}

/// A step that has ended.
#[derive(Debug)]
pub enum Event {
    /// A member was built, or does not compile.
    Built {
        /// The member's place.
        member: usize,
        /// The first compile errors.
        compile_error: Option<String>,
    },
    /// A check of a member has its verdict.
    Checked {
        /// The member's place.
        member: usize,
        /// The verdict.
        outcome: CheckOutcome,
    },
}

/// Everything the workers share.
struct Class<'a> {
    session: &'a Session,
    members: &'a [Member],
    todo: &'a [Vec<usize>],
    checks: Vec<&'a Check>,
    queue: Queue,
    programs: Vec<Mutex<Option<Arc<Programs>>>>,
}

/// Grades a class with `jobs` sandboxes at once: of each member the checks in `todo`, by their places in the lab; who has none is
/// not built. After Ctrl-C, or when `tell` fails, running sandboxes are killed and the rest is left out.
///
/// # Errors
/// When a worker cannot start, or what `tell` says.
pub fn run(
    session: &Session,
    members: &[Member],
    todo: &[Vec<usize>],
    jobs: usize,
    mut tell: impl FnMut(Event) -> Result<()>,
) -> Result<()> {
    let to_build = (0..members.len()).filter(|&member| !todo[member].is_empty());
    let builds = pool::cores();
    let class = Class {
        session,
        members,
        todo,
        checks: session.lab.manifest.checks().collect(),
        queue: Queue::new(members.len(), to_build, Limits { builds, open: jobs.max(1) + builds }),
        programs: members.iter().map(|_| Mutex::new(None)).collect(),
    };
    let (sender, events) = mpsc::channel();
    thread::scope(|scope| {
        for slot in 0..u32::try_from(jobs.max(1)).context("count the slots")? {
            let (class, sender) = (&class, sender.clone());
            let name = format!("slot {}", slot);
            let work = move || class.work(slot, &sender);
            thread::Builder::new().name(name).spawn_scoped(scope, work).context("start a worker")?;
        }
        drop(sender);
        let mut told = Ok(());
        for event in events {
            if told.is_ok() {
                told = tell(event);
                if told.is_err() {
                    class.queue.stop();
                }
            }
        }
        told
    })
}

impl Class<'_> {
    fn work(&self, slot: u32, events: &mpsc::Sender<Event>) {
        while let Some(task) = self.queue.next() {
            let mut told = Ok(());
            match task {
                Task::Build(member) => {
                    self.build(slot, member, |event| told = events.send(event));
                }
                Task::Check(member, check) => {
                    let outcome = self.check(slot, member, check);
                    if self.queue.checked(member) {
                        self.programs[member].lock().unwrap_or_else(PoisonError::into_inner).take();
                    }
                    // A sandbox that was killed by Ctrl-C has said nothing about the student.
                    if !interrupt::is_set() {
                        told = events.send(Event::Checked { member, outcome });
                    }
                }
            }
            if told.is_err() {
                return;
            }
        }
    }

    fn build(&self, slot: u32, member: usize, mut tell: impl FnMut(Event)) {
        let built = self.members[member].work.files();
        let built = built.and_then(|files| self.session.build(slot, &files));
        if interrupt::is_set() {
            return self.queue.built(member, std::iter::empty());
        }
        match built {
            Ok(Ok(programs)) => {
                *self.programs[member].lock().unwrap_or_else(PoisonError::into_inner) =
                    Some(Arc::new(programs));
                tell(Event::Built { member, compile_error: None });
                self.queue.built(member, self.todo[member].iter().copied());
            }
            Ok(Err(text)) => {
                tell(Event::Built { member, compile_error: Some(text) });
                self.queue.built(member, std::iter::empty());
            }
            Err(error) => {
                for &check in &self.todo[member] {
                    let check = self.checks[check];
                    tell(Event::Checked { member, outcome: self.ours(check, format!("{error:#}")) });
                }
                self.queue.built(member, std::iter::empty());
            }
        }
    }

    fn check(&self, slot: u32, member: usize, check: usize) -> CheckOutcome {
        let check = self.checks[check];
        let programs = self.programs[member].lock().unwrap_or_else(PoisonError::into_inner).clone();
        match programs {
            Some(programs) => self.session.run(slot, &programs, check),
            None => self.ours(check, "the member's programs are gone".to_owned()),
        }
    }

    /// An error of the grader's own.
    fn ours(&self, check: &Check, text: String) -> CheckOutcome {
        CheckOutcome {
            check: check.name.clone(),
            points: 0,
            max: check.points,
            verdict: Verdict::GraderError,
            text,
            detail: String::new(),
            seed: self.session.seed,
            millis: 0,
        }
    }
}
