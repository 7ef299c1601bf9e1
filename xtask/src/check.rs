//! `check`: builds a student's lab and runs its checks, with words for each that fails.

use std::collections::{BTreeMap, BTreeSet};

use indicatif::ProgressBar;
use sandbox::protocol::Verdict;

use crate::bar::bar;
use crate::causes::{self, Catalogue};
use crate::cli::CheckArgs;
use crate::compile::{self, Wanted};
use crate::exit::{Exit, bad_input, stop, usage};
use crate::family::Family;
use crate::manifest::{self, Check, Manifest, Milestone};
use crate::outcome::CheckOutcome;
use crate::progress::memory::Memory;
use crate::show::Told;
use crate::suite::{self, Suite, Task};
use crate::workspace::{Lab, Workspace};
use crate::{catalogue, interrupt, pool, referee, show, slowness};

/// Checks one lab, one milestone or one check.
///
/// # Errors
/// When the lab does not compile, its `lab.toml` does not fit its specification, or the grader fails.
pub fn run(workspace: &Workspace, args: &CheckArgs) -> anyhow::Result<Exit> {
    let is_part = |lab: &Lab, word: &str| select(&lab.manifest, Some(word)).is_ok();
    let (lab, only) = workspace.lab_and_part(args.lab.as_deref(), args.only.as_deref(), is_part)?;
    let checks = select(&lab.manifest, only)?;
    interrupt::install()?;
    let family = Family::new()?;
    let (package, prefix) = package(&lab, args.solution)?;
    let programs = &lab.manifest.programs;
    let wanted = Wanted { package: &package, programs, prefix, ..Wanted::default() };
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
    let catalogue = catalogue::load_or_warn(workspace, &lab);
    let mut screen = Screen::new(&lab.manifest, &catalogue, &checks, args.full);
    let tasks: Vec<Task<'_>> = checks.iter().map(|check| Task { programs: &built.programs, check }).collect();
    suite.run(&family, &tasks, |index, outcome| screen.take(index, outcome))?;
    let (outcomes, is_explained) = screen.end();
    if let Some(memory) = &memory {
        memory.checked(&outcomes, !interrupt::is_set());
    }
    if interrupt::is_set() {
        return Err(stop(Exit::Interrupted, format!("interrupted after {} checks", outcomes.len())));
    }
    anstream::println!("\n{}", show::summary(&lab.manifest, &outcomes));
    // What the first milestone left open, the whole may tell.
    let likely = causes::likely(&catalogue, &outcomes).filter(|_| !is_explained);
    let likely = show::likely_of_all(likely.as_ref(), &outcomes);
    for last in
        [likely, show::next(&lab.manifest, &outcomes, is_whole)].iter().filter(|text| !text.is_empty())
    {
        anstream::println!("\n{last}");
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

/// Prints outcomes in the order of `lab.toml`, each as soon as those before it are there. From the first failure on,
/// the rest of its milestone is waited for: only together do they tell a likely cause.
struct Screen<'a> {
    manifest: &'a Manifest,
    catalogue: &'a Catalogue,
    checks: &'a [&'a Check],
    told: Told,
    /// Whether the texts of later milestones are left out.
    is_short: bool,
    waiting: BTreeMap<usize, CheckOutcome>,
    /// In order, without a gap.
    come: Vec<CheckOutcome>,
    /// How many of these are on the screen.
    shown: usize,
    milestone: Option<&'a str>,
    /// The first milestone with a failure: later ones are often red for the same reason.
    open: Option<&'a str>,
    /// Whether a likely cause stands on the screen.
    is_explained: bool,
    cut: usize,
    bar: ProgressBar,
}

impl<'a> Screen<'a> {
    fn new(manifest: &'a Manifest, catalogue: &'a Catalogue, checks: &'a [&'a Check], is_full: bool) -> Self {
        Self {
            manifest,
            catalogue,
            checks,
            told: if is_full { Told::All } else { Told::Text },
            is_short: !is_full && checks.len() == manifest.checks().count(),
            waiting: BTreeMap::new(),
            come: Vec::new(),
            shown: 0,
            milestone: None,
            open: None,
            is_explained: false,
            cut: 0,
            bar: bar(checks.len(), "checks"),
        }
    }

    fn take(&mut self, index: usize, outcome: CheckOutcome) {
        if interrupt::is_set() {
            // What Ctrl-C cut short has no verdict, and nobody wants to read of it.
            return;
        }
        self.bar.inc(1);
        self.waiting.insert(index, outcome);
        while let Some(outcome) = self.waiting.remove(&self.come.len()) {
            self.come.push(outcome);
        }
        let bar = self.bar.clone();
        bar.suspend(|| {
            while self.shown < self.come.len() && !self.waits_for_more() {
                self.show_next();
            }
        });
    }

    fn milestone_at(&self, index: usize) -> Option<&'a Milestone> {
        self.manifest.milestone_of(&self.checks.get(index)?.name)
    }

    /// The next outcome is the first failure, and its milestone is not yet over.
    fn waits_for_more(&self) -> bool {
        let is_first = self.open.is_none() && self.come[self.shown].verdict != Verdict::Pass;
        is_first && self.end_of_milestone(self.shown) > self.come.len()
    }

    /// Where the milestone of this check ends.
    fn end_of_milestone(&self, index: usize) -> usize {
        let id_at = |index: usize| self.milestone_at(index).map(|milestone| &milestone.id);
        let own = id_at(index);
        (index..self.checks.len())
            .take_while(|&other| id_at(other) == own)
            .last()
            .map_or(index, |last| last + 1)
    }

    fn show_next(&mut self) {
        let (index, outcome) = (self.shown, &self.come[self.shown]);
        self.shown += 1;
        let Some(milestone) = self.milestone_at(index) else { return };
        if self.milestone.replace(&milestone.id) != Some(&milestone.id) {
            anstream::println!("\n{}", show::milestone_line(milestone));
        }
        let is_red = outcome.verdict != Verdict::Pass;
        let mut likely = None;
        if is_red && self.open.is_none() {
            self.open = Some(&milestone.id);
            let end = self.end_of_milestone(index).min(self.come.len());
            likely = causes::likely(self.catalogue, &self.come[..end]);
            self.is_explained = likely.is_some();
        }
        let is_told =
            !self.is_short || self.open == Some(&milestone.id) || outcome.verdict == Verdict::GraderError;
        self.cut += usize::from(is_red && !is_told);
        let told = if is_told { self.told } else { Told::Line };
        anstream::println!("{}", show::check_lines(&self.manifest.id, outcome, told, likely.as_ref()));
    }

    /// Takes the bar away. Gives the outcomes (those that came out of order before Ctrl-C are left out), and whether a
    /// likely cause stands on the screen.
    fn end(mut self) -> (Vec<CheckOutcome>, bool) {
        self.bar.finish_and_clear();
        while self.shown < self.come.len() {
            self.show_next();
        }
        if self.cut > 0 {
            let id = &self.manifest.id;
            anstream::println!(
                "\n{} more without their texts: `cargo xtask check {id} MILESTONE` or `cargo xtask check {id} --full`",
                self.cut
            );
        }
        (self.come, self.is_explained)
    }
}
