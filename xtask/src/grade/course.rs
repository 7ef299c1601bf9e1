//! All labs of a run, one after the other, and the folder of grades that they share.
//!
//! Every journal is begun before anything is graded: a run that was killed then also tells of the labs it has not come
//! to. A lab whose own files are broken is told, and the others go on.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::Result;
use sandbox::Level;
use sandbox::protocol::Verdict;

use super::class::{Event, Member, run as run_class};
use super::progress::Progress;
use super::session::Session;
use super::submissions::unclear;
use crate::exit::{self, Exit, bad_input};
use crate::journal::{self, Journal, Line};
use crate::score::{Found, Head, LabResults, Plan, Results, Run, milestones};
use crate::text::reason;
use crate::workspace::{Lab, Workspace};
use crate::{interrupt, pool, report};

/// Where and how a run is graded.
pub(super) struct Course<'a> {
    pub(super) workspace: &'a Workspace,
    /// The folder with all runs.
    pub(super) out: &'a Path,
    /// The folder of this run.
    pub(super) folder: &'a Path,
    pub(super) level: Level,
    pub(super) jobs: Option<usize>,
}

/// One lab of a run.
struct Part {
    lab: Lab,
    members: Vec<Member>,
    plan: Plan,
    journal: Journal,
    found: Vec<Found>,
    /// Whether the run has come to it.
    is_begun: bool,
}

impl Course<'_> {
    /// Grades lab after lab, then writes the reports of the whole.
    ///
    /// # Errors
    /// When the grades cannot be written.
    pub(super) fn grade(&self, run: Run, labs: Vec<(Lab, Vec<Member>)>) -> Result<Exit> {
        let begun = labs.into_iter().map(|(lab, members)| self.begin(&run, lab, members));
        let mut parts = begun.collect::<io::Result<Vec<Part>>>().map_err(|error| {
            self.take_back();
            self.no_room(&error)
        })?;
        let mut problem = None;
        let mut told = Ok(());
        for part in &mut parts {
            if told.is_err() || interrupt::is_set() {
                break;
            }
            match self.prepare(part, run.seed) {
                Ok(session) => told = self.lab(part, session.as_ref()),
                Err(_) if interrupt::is_set() => break,
                Err(error) => {
                    anstream::eprintln!("error: lab {}: {error:#}", part.plan.head.lab);
                    problem = problem.or(Some(exit::of_error(&error)));
                }
            }
        }
        if !parts.iter().any(|part| part.is_begun) {
            self.take_back();
            return told.map(|()| problem.unwrap_or(Exit::Done));
        }
        let labs = parts.iter().map(|part| self.results(part)).collect();
        let results = Results::new(run, labs);
        let written = self.finish(&results);
        told.and(written)?;
        Ok(self.exit(&results).or(problem).unwrap_or(Exit::Done))
    }

    fn begin(&self, run: &Run, lab: Lab, members: Vec<Member>) -> io::Result<Part> {
        let manifest = &lab.manifest;
        let plan = Plan {
            run: run.clone(),
            head: Head {
                lab: manifest.id.clone(),
                title: manifest.title.clone(),
                milestones: milestones(manifest),
            },
            members: members.iter().map(|member| member.entry.clone()).collect(),
        };
        let journal = Journal::begin(self.folder, &plan)?;
        let found = vec![Found::default(); members.len()];
        Ok(Part { lab, members, plan, journal, found, is_begun: false })
    }

    /// What the lab's members are built and checked with; nothing where there is nobody to be graded.
    fn prepare(&self, part: &Part, seed: u64) -> Result<Option<Session>> {
        if part.to_grade() == 0 {
            return Ok(None);
        }
        anstream::eprintln!(
            "lab {}: preparing specification, helper programs, build seed",
            part.lab.manifest.id
        );
        let session = Session::open(self.workspace, part.lab.clone(), self.level, seed)?;
        Ok(Some(session).filter(|_| !interrupt::is_set()))
    }

    fn lab(&self, part: &mut Part, session: Option<&Session>) -> Result<()> {
        if interrupt::is_set() {
            return Ok(());
        }
        part.is_begun = true;
        let mut told = Ok(());
        if let Some(session) = session {
            let checks = part.lab.manifest.checks().count();
            let mut progress = Progress::new(&part.lab.manifest.id, part.to_grade(), checks);
            let Part { members, plan, journal, found, .. } = part;
            told = run_class(session, members, jobs(self.jobs, self.level), |event| {
                let (member, line) = record(found, &event);
                progress.step(&event, plan, &found[member]);
                journal.add(&line).map_err(|error| self.no_room(&error))
            });
            progress.end();
        }
        report::print(&self.results(part));
        told
    }

    fn results(&self, part: &Part) -> LabResults {
        let mut results = part.plan.results(&part.found);
        report::explain(self.workspace, &mut results);
        results
    }

    /// Writes the reports, points `latest` at them, prints the end and, last, where the page is.
    fn finish(&self, results: &Results) -> Result<()> {
        report::print_end(results);
        let written = report::write(self.folder, results);
        // Also when the reports do not fit on the disk: the journals are there, and `report` finds them.
        let linked = report::link_latest(self.out, self.folder);
        written?;
        linked.map_err(|error| {
            bad_input(format!("link {}: {}", self.out.join(report::LATEST).display(), reason(&error)))
        })?;
        anstream::println!("report: {}", self.workspace.shown(&self.folder.join(report::HTML)));
        Ok(())
    }

    /// How a run ends that could be written; `None`: well.
    fn exit(&self, results: &Results) -> Option<Exit> {
        let unclear = unclear(results.members().map(|member| &member.entry));
        if let Some(unclear) = &unclear {
            anstream::eprintln!("error: {unclear}");
        }
        let mut checks = results.members().flat_map(|member| &member.checks);
        if checks.any(|check| check.verdict == Verdict::GraderError) {
            return Some(Exit::GraderError);
        }
        unclear.map(|_| Exit::BadInput)
    }

    /// Removes the journals of a run in which nothing was graded.
    fn take_back(&self) {
        for journal in journal::list(self.folder).unwrap_or_default() {
            // Best effort: a journal without a verdict does no harm.
            let _ = fs::remove_file(journal);
        }
    }

    fn no_room(&self, error: &io::Error) -> anyhow::Error {
        bad_input(format!(
            "write the journal in {}: {}; the journals hold every check that was finished",
            self.folder.display(),
            reason(error)
        ))
    }
}

impl Part {
    fn to_grade(&self) -> usize {
        self.members.iter().filter(|member| member.entry.refused.is_none()).count()
    }
}

/// Notes a step; gives its member and its line for the journal.
fn record(found: &mut [Found], event: &Event) -> (usize, Line) {
    match event {
        Event::Built { member, compile_error } => {
            found[*member].compile_error.clone_from(compile_error);
            (*member, Line::Built { member: *member, compile_error: compile_error.clone() })
        }
        Event::Checked { member, outcome } => {
            found[*member].checks.insert(outcome.check.clone(), outcome.clone());
            (*member, Line::Check { member: *member, outcome: outcome.clone() })
        }
    }
}

/// Without namespaces sandboxes can see each other's sockets and memory: one at a time.
fn jobs(asked: Option<usize>, level: Level) -> usize {
    match level {
        // Most checks of a wrong program sleep until the watchdog; three a core keep the cores busy.
        Level::Full => asked.unwrap_or(pool::cores() * 3).max(1),
        Level::Reduced | Level::None => 1,
    }
}
