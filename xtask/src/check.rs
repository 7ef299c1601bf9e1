//! `check`: builds a student's lab and runs its checks, with words for each that fails.

use std::collections::{BTreeMap, BTreeSet};

use indicatif::ProgressBar;
use sandbox::protocol::Verdict;

use crate::bar::bar;
use crate::cli::CheckArgs;
use crate::compile::{self, Wanted};
use crate::exit::{Exit, bad_input, stop, usage};
use crate::family::Family;
use crate::manifest::{self, Check, Manifest};
use crate::outcome::CheckOutcome;
use crate::progress::memory::Memory;
use crate::suite::{self, Suite, Task};
use crate::workspace::{Lab, Workspace};
use crate::{interrupt, pool, referee, show, slowness};

/// Checks one lab, one milestone or one check.
///
/// # Errors
/// When the lab does not compile, its `lab.toml` does not fit its specification, or the grader fails.
pub fn run(workspace: &Workspace, args: &CheckArgs) -> anyhow::Result<Exit> {
    let lab = workspace.lab_or_here(args.lab.as_deref())?;
    let checks = select(&lab.manifest, args.only.as_deref())?;
    interrupt::install()?;
    let family = Family::new()?;
    let (package, prefix) = package(&lab, args.solution)?;
    let wanted = Wanted { package: &package, programs: &lab.manifest.programs, prefix, stage: None };
    let memory = (!args.solution).then(|| Memory::new(workspace, &lab));
    let built = compile::build(workspace, wanted).inspect_err(|error| {
        if let Some(memory) = &memory {
            memory.not_built(error);
        }
    })?;
    let cases = referee::list(built.spec()?)?;
    agree(workspace, &lab, &cases)?;
    let cores = pool::cores();
    let jobs = args.jobs.unwrap_or(cores * 2);
    let suite = Suite {
        built: &built,
        cases: &cases,
        seed: args.seed.map_or_else(suite::new_seed, Ok)?,
        slowness: slowness::measure(),
        jobs,
    };
    anstream::println!("lab {} {}   seed {}", lab.manifest.id, lab.manifest.title, suite.seed);
    let is_whole = checks.len() == lab.manifest.checks().count();
    let mut screen = Screen::new(&lab.manifest, &checks, args.full || !is_whole);
    let tasks: Vec<Task<'_>> = checks.iter().map(|check| Task { programs: &built.programs, check }).collect();
    suite.run(&family, &tasks, |index, outcome| screen.take(index, outcome))?;
    let outcomes = screen.end();
    if let Some(memory) = &memory {
        memory.checked(&outcomes, !interrupt::is_set());
    }
    if interrupt::is_set() {
        return Err(stop(Exit::Interrupted, format!("interrupted after {} checks", outcomes.len())));
    }
    anstream::println!("\n{}", show::summary(&lab.manifest, &outcomes));
    let next = show::next(&lab.manifest, &outcomes, is_whole);
    if !next.is_empty() {
        anstream::println!("\n{next}");
    }
    Ok(exit_of(&outcomes))
}

/// The package to be checked, and what stands before the names of its programs.
fn package(lab: &Lab, is_solution: bool) -> anyhow::Result<(String, &'static str)> {
    match &lab.solution {
        _ if !is_solution => Ok((lab.manifest.package(), "")),
        Some(_) => Ok((lab.manifest.solution_package(), "sol-")),
        None => Err(bad_input(format!("lab {}: this checkout has no solution", lab.manifest.id))),
    }
}

/// `lab.toml` and the specification name the same checks.
///
/// # Errors
/// When they do not, with each difference.
pub fn agree(workspace: &Workspace, lab: &Lab, cases: &referee::Cases) -> anyhow::Result<()> {
    let listed: BTreeSet<String> = cases.keys().cloned().collect();
    let differences = manifest::compare(&lab.manifest, &listed);
    if differences.is_empty() {
        return Ok(());
    }
    Err(bad_input(format!("{}: {}", workspace.shown(&lab.dir.join("lab.toml")), differences.join("; "))))
}

/// The exit status of a list of outcomes.
#[must_use]
pub fn exit_of(outcomes: &[CheckOutcome]) -> Exit {
    if outcomes.iter().any(|outcome| outcome.verdict == Verdict::GraderError) {
        Exit::GraderError
    } else if outcomes.iter().any(|outcome| outcome.verdict != Verdict::Pass) {
        Exit::SomeFailed
    } else {
        Exit::Done
    }
}

/// The checks that `only` names: all, a milestone (`m2`, `m2_pipe`), or one check by its name, its sentence
/// or a part of it that no other check has.
fn select<'a>(manifest: &'a Manifest, only: Option<&str>) -> anyhow::Result<Vec<&'a Check>> {
    let Some(only) = only else { return Ok(manifest.checks().collect()) };
    if let Some(milestone) = manifest.milestones.iter().find(|m| m.id == only || m.module == only) {
        return Ok(milestone.checks.iter().collect());
    }
    Ok(vec![find(manifest, only)?])
}

/// The one check that `name` means.
///
/// # Errors
/// When no check or more than one has it in its name.
pub fn find<'a>(manifest: &'a Manifest, name: &str) -> anyhow::Result<&'a Check> {
    let name = name.trim().trim_start_matches("spec::").replace(' ', "_");
    let exact = |check: &&Check| check.name == name || check.name.rsplit("::").next() == Some(&name);
    if let Some(check) = manifest.checks().find(exact) {
        return Ok(check);
    }
    let near: Vec<&Check> = manifest.checks().filter(|check| check.name.contains(&name)).collect();
    match near.as_slice() {
        [check] => Ok(check),
        [] => {
            let ids: Vec<&str> = manifest.milestones.iter().map(|milestone| milestone.id.as_str()).collect();
            Err(usage(format!(
                "lab {} has no milestone or check `{name}`; its milestones are {}; `cargo xtask list {}` names its checks",
                manifest.id,
                ids.join(", "),
                manifest.id
            )))
        }
        several => {
            let names: Vec<&str> = several.iter().map(|check| check.name.as_str()).collect();
            Err(usage(format!("`{name}` may be {}", names.join(" or "))))
        }
    }
}

/// Prints outcomes in the order of `lab.toml`, each as soon as those before it are there.
struct Screen<'a> {
    manifest: &'a Manifest,
    checks: &'a [&'a Check],
    with_all_texts: bool,
    waiting: BTreeMap<usize, CheckOutcome>,
    shown: Vec<CheckOutcome>,
    milestone: Option<&'a str>,
    /// The first milestone with a failure: later ones are often red for the same reason.
    open: Option<&'a str>,
    cut: usize,
    bar: ProgressBar,
}

impl<'a> Screen<'a> {
    fn new(manifest: &'a Manifest, checks: &'a [&'a Check], with_all_texts: bool) -> Self {
        let bar = bar(checks.len(), "checks");
        let (waiting, shown) = (BTreeMap::new(), Vec::new());
        Self { manifest, checks, with_all_texts, waiting, shown, milestone: None, open: None, cut: 0, bar }
    }

    fn take(&mut self, index: usize, outcome: CheckOutcome) {
        if interrupt::is_set() {
            // What Ctrl-C cut short has no verdict, and nobody wants to read of it.
            return;
        }
        self.bar.inc(1);
        self.waiting.insert(index, outcome);
        while let Some(outcome) = self.waiting.remove(&self.shown.len()) {
            let (manifest, bar) = (self.manifest, self.bar.clone());
            bar.suspend(|| self.show(manifest, &outcome));
            self.shown.push(outcome);
        }
    }

    fn show(&mut self, manifest: &'a Manifest, outcome: &CheckOutcome) {
        let name = &self.checks[self.shown.len()].name;
        let Some(milestone) = manifest.milestone_of(name) else { return };
        if self.milestone.replace(&milestone.id) != Some(&milestone.id) {
            anstream::println!("\n{}", show::milestone_line(milestone));
        }
        let is_red = outcome.verdict != Verdict::Pass;
        if is_red && self.open.is_none() {
            self.open = Some(&milestone.id);
        }
        let is_told = self.with_all_texts
            || self.open == Some(&milestone.id)
            || outcome.verdict == Verdict::GraderError;
        self.cut += usize::from(is_red && !is_told);
        anstream::println!("{}", show::check_lines(&manifest.id, outcome, is_told));
    }

    /// Takes the bar away; outcomes that came out of order before Ctrl-C are left out.
    fn end(self) -> Vec<CheckOutcome> {
        self.bar.finish_and_clear();
        if self.cut > 0 {
            let id = &self.manifest.id;
            anstream::println!(
                "\n{} more without their texts: `cargo xtask check {id} MILESTONE` or `cargo xtask check {id} --full`",
                self.cut
            );
        }
        self.shown
    }
}
