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

use super::class::{Member, run as run_class};
use super::kept::{Kept, is_whole};
use super::part::{Part, record};
use super::progress::Progress;
use super::session::{self, Session};
use super::submissions::unclear;
use super::{digest, earlier, guard};
use crate::exit::{self, Exit, bad_input};
use crate::journal;
use crate::policy::{self, files::Terms};
use crate::report::formats::Format;
use crate::score::{Head, LabResults, Plan, Results, Run, milestones};
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
        let mut parts = self.begin_all(&run, labs, is_new).inspect_err(|_| take_back())?;
        let (problem, told) = self.grade_all(&mut parts, run.seed);
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

    /// Begins, or goes on with, the journal of each lab, and keeps a copy of the policy.
    fn begin_all(&self, run: &Run, labs: Vec<(Lab, Vec<Member>)>, is_new: bool) -> Result<Vec<Part>> {
        let keep = || self.terms.map_or(Ok(()), |terms| terms.keep(self.folder));
        // Before the first journal: a run that is killed here must find its policy when it goes on.
        if is_new {
            keep()?;
        }
        let begun = labs.into_iter().map(|(lab, members)| self.begin(run, lab, members));
        let parts = begun.collect::<Result<_>>()?;
        // After the journals: a run that cannot go on keeps the policy that it had.
        if !is_new {
            keep()?;
        }
        Ok(parts)
    }

    /// Grades lab after lab, until one cannot be written or the run is interrupted; and why labs were left out.
    fn grade_all(&self, parts: &mut [Part], seed: u64) -> (Option<Exit>, Result<()>) {
        let mut problem = None;
        for part in parts {
            if interrupt::is_set() {
                break;
            }
            match self.prepare(part, seed) {
                Ok(session) => {
                    if let Err(error) = self.lab(part, session.as_ref()) {
                        return (problem, Err(error));
                    }
                }
                Err(_) if interrupt::is_set() => break,
                Err(error) => {
                    anstream::eprintln!("error: lab {}: {error:#}", part.plan.head.lab);
                    problem = problem.or(Some(exit::of_error(&error)));
                }
            }
        }
        (problem, Ok(()))
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
        let last: Vec<Vec<Member>> = parts.iter().map(Part::last_attempts).collect();
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

/// Without namespaces sandboxes can see each other's sockets and memory: one at a time.
fn jobs(asked: Option<usize>, level: Level) -> usize {
    match level {
        // Most checks of a wrong program sleep until the watchdog; three a core keep the cores busy.
        Level::Full => asked.unwrap_or(pool::cores() * 3).max(1),
        Level::Reduced | Level::None => 1,
    }
}
