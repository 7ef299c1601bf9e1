//! All labs of a run, one after the other, and the folder of grades that they share.
//!
//! What is known already is not done again: the verdicts in the journals of a run that was killed, and those of earlier runs
//! on the same work.
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
use super::kept::{Kept, is_verdict, is_whole};
use super::progress::Progress;
use super::session::{self, Session};
use super::submissions::unclear;
use super::{digest, earlier, guard};
use crate::exit::{self, Exit, bad_input};
use crate::journal::{self, Journal, Line};
use crate::policy::{self, files::Terms};
use crate::report::formats::Format;
use crate::score::{Entry, Found, Head, LabResults, Plan, Results, Run, milestones};
use crate::text::reason;
use crate::workspace::{Lab, Workspace};
use crate::{interrupt, pool, report, scratch, similar};

/// Where and how a run is graded.
pub(super) struct Course<'a> {
    pub(super) workspace: &'a Workspace,
    /// The folder with all runs.
    pub(super) out: &'a Path,
    /// The folder of this run.
    pub(super) folder: &'a Path,
    pub(super) level: Level,
    pub(super) jobs: Option<usize>,
    /// What is written besides the usual reports.
    pub(super) formats: &'a [Format],
    /// What makes grades of points.
    pub(super) terms: Option<&'a Terms>,
    /// The verdicts of earlier runs are not used.
    pub(super) fresh: bool,
    /// Whether a report says who has the same code as somebody else.
    pub(super) is_compared: bool,
    /// The seed that was asked for.
    pub(super) seed: Option<u64>,
}

/// One lab of a run.
struct Part {
    lab: Lab,
    members: Vec<Member>,
    plan: Plan,
    journal: Journal,
    found: Vec<Found>,
    kept: Kept,
    /// Whether the run has come to it.
    is_begun: bool,
}

impl Course<'_> {
    /// Grades lab after lab, then writes the reports of the whole.
    ///
    /// # Errors
    /// When the grades cannot be written.
    pub(super) fn grade(&self, mut run: Run, labs: Vec<(Lab, Vec<Member>)>) -> Result<Exit> {
        session::remove_stale(&self.workspace.state_dir());
        scratch::remove_abandoned();
        let is_new = journal::list(self.folder).is_ok_and(|journals| journals.is_empty());
        let take_back = || {
            if is_new {
                self.take_back()
            }
        };
        let keep = || self.terms.map_or(Ok(()), |terms| terms.keep(self.folder));
        // Before the first journal: a run that is killed here must find its policy when it goes on.
        if is_new {
            keep().inspect_err(|_| take_back())?;
        }
        let begun = labs.into_iter().map(|(lab, members)| self.begin(&run, lab, members));
        let mut parts = begun.collect::<Result<Vec<Part>>>().inspect_err(|_| take_back())?;
        // After the journals: a run that cannot go on keeps the policy that it had.
        if !is_new {
            keep()?;
        }
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
            take_back();
            return told.map(|()| problem.unwrap_or(Exit::Done));
        }
        let late = guard::late_notes(&run);
        // `report` takes the circumstances of the run from its first journal.
        let kept = guard::keep(&late, parts.first_mut().map(|part| &mut part.journal));
        run.notes.extend(late);
        let labs = parts.iter().map(|part| self.results(part)).collect();
        let results = policy::files::results(self.terms, run, labs);
        // Before the page of grades, which leads to it; and no reason to lose the grades.
        let compared = self.compare(&parts);
        let written = self.finish(&results);
        told.and(kept.map_err(|error| self.no_room(&error))).and(written).and(compared)?;
        Ok(self.exit(&results).or(problem).unwrap_or(Exit::Done))
    }

    fn begin(&self, run: &Run, lab: Lab, mut members: Vec<Member>) -> Result<Part> {
        let judge = digest::judge(self.workspace, &lab, self.level)?;
        for member in members.iter_mut().filter(|member| member.entry.refused.is_none()) {
            member.entry.work = digest::work(&judge, &member.work.content());
        }
        let manifest = &lab.manifest;
        let plan = Plan {
            run: run.clone(),
            head: Head {
                lab: manifest.id.clone(),
                title: manifest.title.clone(),
                milestones: milestones(manifest),
            },
            members: members.iter().map(|member| member.entry.clone()).collect(),
            judge,
        };
        let kept = Kept::open(self.workspace, &manifest.id, &plan.judge, self.seed)?;
        let (journal, found) = earlier::open(self.folder, &plan, |error| self.no_room(error))?;
        Ok(Part { lab, members, plan, journal, found, kept, is_begun: false })
    }

    /// What the lab's members are built and checked with; nothing where nothing is left to be done.
    fn prepare(&self, part: &mut Part, seed: u64) -> Result<Option<Session>> {
        let known = self.recall(part)?;
        let (id, left) =
            (&part.lab.manifest.id, part.todo().iter().filter(|checks| !checks.is_empty()).count());
        if known > 0 {
            anstream::eprintln!(
                "lab {id}: {known} graded before, {left} to grade (--fresh grades all of them)"
            );
        }
        if left == 0 {
            return Ok(None);
        }
        anstream::eprintln!("lab {id}: preparing specification, helper programs, build seed");
        let session = Session::open(self.workspace, part.lab.clone(), self.level, seed)?;
        Ok(Some(session).filter(|_| !interrupt::is_set()))
    }

    /// Puts the verdicts of earlier runs into the journal; gives the number of members of whom nothing is left to do.
    fn recall(&self, part: &mut Part) -> Result<usize> {
        let checks = part.checks();
        let mut known = 0;
        for member in 0..part.members.len() {
            let work = &part.plan.members[member].work;
            if work.is_empty() {
                continue;
            }
            if !self.fresh
                && !is_whole(&part.found[member], checks)
                && let Some(found) = part.kept.get(work, checks)
            {
                for line in journal::lines(member, &found) {
                    part.journal.add(&line).map_err(|error| self.no_room(&error))?;
                }
                part.found[member] = found;
            }
            known += usize::from(is_whole(&part.found[member], checks));
        }
        Ok(known)
    }

    fn lab(&self, part: &mut Part, session: Option<&Session>) -> Result<()> {
        if interrupt::is_set() {
            return Ok(());
        }
        part.is_begun = true;
        let mut told = Ok(());
        if let Some(session) = session {
            let (todo, checks) = (part.todo(), part.checks());
            let mut progress = Progress::new(&part.lab.manifest.id, &todo);
            let Part { members, plan, journal, found, kept, .. } = part;
            told = run_class(session, members, &todo, jobs(self.jobs, self.level), |event| {
                let (member, line) = record(found, &event);
                progress.step(&event, plan, &found[member]);
                journal.add(&line).map_err(|error| self.no_room(&error))?;
                kept.put(&plan.members[member].work, &found[member], checks)
            });
            progress.end();
        }
        told = told.and_then(|()| self.repeat(part));
        report::print(&self.results(part));
        told
    }

    /// Gives an attempt that is the same as an earlier one of its student the same verdicts.
    fn repeat(&self, part: &mut Part) -> Result<()> {
        for member in 0..part.members.len() {
            let Some(first) = part.first_of(member) else { continue };
            let found = part.found[first].clone();
            if is_whole(&part.found[member], part.checks()) || !is_whole(&found, part.checks()) {
                continue;
            }
            for line in journal::lines(member, &found) {
                part.journal.add(&line).map_err(|error| self.no_room(&error))?;
            }
            part.found[member] = found;
        }
        Ok(())
    }

    fn results(&self, part: &Part) -> LabResults {
        let mut results = part.plan.results(&part.found);
        report::explain(self.workspace, &mut results);
        results
    }

    /// Writes who has the same code as somebody else, of all labs; says so, if anybody has.
    fn compare(&self, parts: &[Part]) -> Result<()> {
        if !self.is_compared || interrupt::is_set() {
            return Ok(());
        }
        // Of several attempts the last one: all of them are like each other.
        let last: Vec<Vec<Member>> = parts.iter().map(|part| last_attempts(&part.members)).collect();
        let class: Vec<_> =
            parts.iter().zip(&last).map(|(part, members)| (&part.lab, members.as_slice())).collect();
        let pairs = similar::command::write(self.workspace, &class, self.folder)?;
        if pairs > 0 {
            anstream::println!("{}", similar::command::told(pairs, self.workspace, self.folder));
        }
        Ok(())
    }

    /// Writes the reports, points `latest` at them, prints the end and, last, where the page is.
    fn finish(&self, results: &Results) -> Result<()> {
        report::print_end(results);
        let written = report::write(self.workspace, self.folder, results, self.formats);
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
        policy::files::take_back(self.folder);
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
    fn checks(&self) -> usize {
        self.lab.manifest.checks().count()
    }

    /// The first of a student's attempts with the same work as this later one.
    fn first_of(&self, member: usize) -> Option<usize> {
        let (own, others) = (&self.plan.members[member], &self.plan.members[..member]);
        let is_same = |other: &Entry| other.work == own.work && other.student() == own.student();
        others.iter().position(is_same).filter(|_| !own.work.is_empty())
    }

    /// Of each member the checks that have no verdict yet, by their places in the lab; none of an attempt that was handed in
    /// before.
    fn todo(&self) -> Vec<Vec<usize>> {
        let of_member = |(at, (member, found)): (usize, (&Member, &Found))| {
            if self.first_of(at).is_some() {
                return Vec::new();
            }
            let is_open =
                |name: &str| found.checks.get(name).is_none_or(|outcome| !is_verdict(outcome.verdict));
            let is_left = member.entry.refused.is_none() && found.compile_error.is_none();
            let checks =
                self.lab.manifest.checks().enumerate().filter(|(_, check)| is_left && is_open(&check.name));
            checks.map(|(place, _)| place).collect()
        };
        self.members.iter().zip(&self.found).enumerate().map(of_member).collect()
    }
}

/// The members, of several attempts the last one that is there.
fn last_attempts(members: &[Member]) -> Vec<Member> {
    let mut last: Vec<Member> = Vec::new();
    for member in members.iter().filter(|member| !member.work.is_nothing()) {
        let student = |member: &Member| member.entry.student().to_owned();
        match last.last_mut().filter(|other| student(other) == student(member)) {
            Some(other) => *other = member.clone(),
            None => last.push(member.clone()),
        }
    }
    for member in &mut last {
        member.entry.name = member.entry.student().to_owned();
    }
    last
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
