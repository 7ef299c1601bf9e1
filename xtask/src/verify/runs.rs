//! The rules that need runs: the starter fails everything for the stated reason, the reference and the
//! alternative pass everything, each mutant is caught where its header says.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sandbox::protocol::Verdict;

use crate::bar::bar;
use crate::causes::UNFINISHED;
use crate::compile::{self, Built, Wanted};
use crate::family::Family;
use crate::manifest::Check;
use crate::outcome::{CheckOutcome, total};
use crate::patch::Mutant;
use crate::suite::{self, Suite, Task};
use crate::workspace::{Lab, Workspace};
use crate::{check, interrupt, pool, referee, slowness};

/// How often the reference must pass in a row.
const TIMES: usize = 3;

/// How many chances a mutant has to be caught.
const TRIES: usize = 3;

/// Programs under test by contract name.
pub(crate) type Programs = BTreeMap<String, PathBuf>;

/// A mutant that builds.
pub(super) type Ready = (Mutant, Programs);

/// What a run is made with.
pub(crate) struct Bench<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) lab: &'a Lab,
    pub(super) family: Family,
    jobs: usize,
    built: Built,
    cases: referee::Cases,
}

impl<'a> Bench<'a> {
    /// Builds the lab and its specification, and compares the specification with `lab.toml`.
    ///
    /// # Errors
    /// When that fails.
    pub(crate) fn new(workspace: &'a Workspace, lab: &'a Lab, jobs: Option<usize>) -> anyhow::Result<Self> {
        let family = Family::new()?;
        let package = lab.manifest.package();
        let wanted = Wanted { package: &package, programs: &lab.manifest.programs, ..Wanted::default() };
        let built = compile::build(workspace, wanted)?;
        let cases = referee::list(built.spec()?)?;
        check::agree(workspace, lab, &cases)?;
        Ok(Self { workspace, lab, family, jobs: jobs.unwrap_or(pool::cores() * 3), built, cases })
    }

    /// Outcomes in the order of `tasks`; after Ctrl-C some are missing.
    pub(super) fn run(&self, tasks: &[Task<'_>]) -> anyhow::Result<Vec<Option<CheckOutcome>>> {
        let suite = Suite {
            built: &self.built,
            cases: &self.cases,
            seed: suite::new_seed()?,
            slowness: slowness::measure(),
            jobs: self.jobs,
        };
        let mut outcomes: Vec<Option<CheckOutcome>> = vec![None; tasks.len()];
        let bar = bar(tasks.len(), "checks");
        suite.run(&self.family, tasks, |index, outcome| {
            bar.inc(1);
            outcomes[index] = Some(outcome);
        })?;
        bar.finish_and_clear();
        Ok(outcomes)
    }

    /// Every check of the lab, once.
    ///
    /// # Errors
    /// When the grader fails.
    pub(crate) fn run_all(&self, programs: &Programs) -> anyhow::Result<Vec<CheckOutcome>> {
        let tasks: Vec<Task<'_>> = self.lab.manifest.checks().map(|check| Task { programs, check }).collect();
        Ok(self.run(&tasks)?.into_iter().flatten().collect())
    }

    /// The starter: every check fails because the code is not yet written, and for nothing else.
    ///
    /// # Errors
    /// When the grader fails.
    pub(super) fn starter(&self) -> anyhow::Result<Vec<String>> {
        let outcomes = self.run_all(&self.built.programs)?;
        let is_right = |outcome: &&CheckOutcome| {
            matches!(outcome.verdict, Verdict::Fail | Verdict::Crash) && outcome.text.contains(UNFINISHED)
        };
        let wrong = outcomes.iter().filter(|outcome| !is_right(outcome));
        let mut problems: Vec<String> = wrong
            .filter(|outcome| outcome.verdict != Verdict::Pass || self.lab.manifest.floor == 0)
            .map(|outcome| told("the starter does not fail for the stated reason", outcome))
            .collect();
        let (points, _, _) = total(&outcomes);
        if points != self.lab.manifest.floor {
            problems.push(format!("the starter gets {points} points, not {}", self.lab.manifest.floor));
        }
        Ok(problems)
    }

    /// The reference: everything, three times in a row.
    ///
    /// # Errors
    /// When it does not build or the grader fails.
    pub(super) fn reference(&self) -> anyhow::Result<Vec<String>> {
        let programs = self.reference_programs()?;
        let mut problems = Vec::new();
        for _ in 0..TIMES {
            problems.extend(failures("the reference fails", &self.run_all(&programs)?));
        }
        Ok(problems)
    }

    /// Builds the reference.
    ///
    /// # Errors
    /// When it does not build.
    pub(crate) fn reference_programs(&self) -> anyhow::Result<Programs> {
        let package = self.lab.manifest.solution_package();
        let wanted = Wanted {
            package: &package,
            programs: &self.lab.manifest.programs,
            prefix: "sol-",
            // The lab's is the one that judges.
            without_spec: true,
            ..Wanted::default()
        };
        Ok(compile::build(self.workspace, wanted)?.programs)
    }

    /// The alternative: everything, or the checks ask for more than the contract.
    ///
    /// # Errors
    /// When it does not build or the grader fails.
    pub(super) fn alternative(&self, built: anyhow::Result<Option<Programs>>) -> anyhow::Result<Vec<String>> {
        match built? {
            Some(programs) => Ok(failures("the alternative fails", &self.run_all(&programs)?)),
            None => Ok(Vec::new()),
        }
    }

    /// Each mutant is caught by every check in its header. With `is_full`, every check runs, and who else catches is
    /// printed.
    ///
    /// # Errors
    /// When the grader fails.
    pub(super) fn catch(&self, ready: &[Ready], is_full: bool) -> anyhow::Result<Vec<String>> {
        let mut tasks = Vec::new();
        let mut owners = Vec::new();
        for (mutant, programs) in ready {
            let is_wanted = |check: &&Check| is_full || mutant.catches.contains(&check.name);
            for check in self.lab.manifest.checks().filter(is_wanted) {
                tasks.push(Task { programs, check });
                owners.push(mutant);
            }
        }
        let outcomes = self.again(&tasks, &owners, self.run(&tasks)?)?;
        let mut problems = Vec::new();
        let mut others: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (mutant, outcome) in owners.iter().zip(outcomes) {
            let Some(outcome) = outcome else { continue };
            let is_caught =
                !matches!(outcome.verdict, Verdict::Pass | Verdict::NotRun | Verdict::GraderError);
            if mutant.catches.contains(&outcome.check) && !is_caught {
                problems.push(told(&format!("mutant {} is not caught", mutant.name), &outcome));
            } else if outcome.verdict == Verdict::GraderError {
                problems.push(told(&format!("mutant {} breaks the grader", mutant.name), &outcome));
            } else if is_caught && is_full {
                others.entry(&mutant.name).or_default().push(outcome.check);
            }
        }
        for (mutant, checks) in others {
            anstream::println!("{mutant}: caught by {}", checks.join(" "));
        }
        Ok(problems)
    }

    /// Asks again where a bug was not caught: one that is a race between processes does not show in every run. It is told, for
    /// a check that catches a bug only sometimes could be a better one.
    fn again(
        &self,
        tasks: &[Task<'_>],
        owners: &[&Mutant],
        mut outcomes: Vec<Option<CheckOutcome>>,
    ) -> anyhow::Result<Vec<Option<CheckOutcome>>> {
        for attempt in 2..=TRIES {
            let is_missed = |at: &usize| {
                owners[*at].catches.contains(&tasks[*at].check.name)
                    && outcomes[*at].as_ref().is_some_and(|outcome| outcome.verdict == Verdict::Pass)
            };
            let missed: Vec<usize> = (0..tasks.len()).filter(is_missed).collect();
            if missed.is_empty() || interrupt::is_set() {
                break;
            }
            let once_more =
                missed.iter().map(|&at| Task { programs: tasks[at].programs, check: tasks[at].check });
            let found = self.run(&once_more.collect::<Vec<_>>())?;
            for (at, outcome) in missed.into_iter().zip(found) {
                if outcome.as_ref().is_some_and(|outcome| outcome.verdict != Verdict::Pass) {
                    let (mutant, check) = (&owners[at].name, &tasks[at].check.name);
                    anstream::println!("note   mutant {mutant}: caught by {check} at try {attempt} only");
                    outcomes[at] = outcome;
                }
            }
        }
        Ok(outcomes)
    }
}

fn failures(who: &str, outcomes: &[CheckOutcome]) -> Vec<String> {
    outcomes
        .iter()
        .filter(|outcome| outcome.verdict != Verdict::Pass)
        .map(|outcome| told(who, outcome))
        .collect()
}

fn told(what: &str, outcome: &CheckOutcome) -> String {
    let text: String = outcome.text.lines().map(|line| format!("\n    | {line}")).collect();
    format!("{what}: {} ({}, seed {}){text}", outcome.check, outcome.verdict.word(), outcome.seed)
}
