//! `causes`: writes a lab's catalogue of bugs anew: the words from the mutants' headers, the failing checks
//! measured by running every check on every mutant.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::thread;

use clap::Args;
use sandbox::protocol::Verdict;

use super::others::Others;
use super::runs::{Bench, Programs};
use crate::causes::{self, Bug, Catalogue, How, Seen, Unfinished};
use crate::exit::{Exit, bad_input, stop};
use crate::patch::Mutant;
use crate::stage::Stage;
use crate::suite::Task;
use crate::workspace::Workspace;
use crate::{catalogue, files, interrupt, mutants, starter};

/// Write a lab's catalogue of bugs, from which `check` tells a likely cause.
///
/// The words come from the mutants' headers. Mutants that are not yet in the catalogue are built and every check is
/// run on them.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask causes          new words, and what new mutants do
  cargo xtask causes --all    measure everything again (minutes): the specification has changed")]
pub struct CausesArgs {
    /// The lab [default: the one whose folder you are in, or the only one].
    pub lab: Option<String>,
    /// Measure every mutant again, not only new ones.
    #[arg(long)]
    pub all: bool,
    /// How many checks at once [default: three times the number of cores].
    #[arg(long, value_name = "N", value_parser = crate::cli::jobs)]
    pub jobs: Option<usize>,
}

/// What every check of one program said.
type Traces = BTreeMap<String, Seen>;

/// Writes the catalogue of one lab.
///
/// # Errors
/// When there is no solution, a mutant does not build, or the grader fails.
pub fn run(workspace: &Workspace, args: &CausesArgs) -> anyhow::Result<Exit> {
    let lab = workspace.lab_or_here(args.lab.as_deref())?;
    if lab.solution.is_none() {
        return Err(bad_input(format!("lab {}: this checkout has no mutants to measure", lab.manifest.id)));
    }
    let old =
        if args.all { Catalogue::default() } else { catalogue::load(workspace, &lab)?.unwrap_or_default() };
    let mut catalogue = Catalogue { bugs: Vec::new(), unfinished: old.unfinished };
    let mut new = Vec::new();
    for mutant in mutants::load(workspace, &lab)? {
        match old.bugs.iter().find(|bug| bug.name == mutant.name) {
            Some(bug) => catalogue.bugs.push(bug_of(&mutant, bug.fails.clone())),
            None => new.push(mutant),
        }
    }
    if !new.is_empty() || catalogue.unfinished.is_empty() {
        interrupt::install()?;
        let bench = Bench::new(workspace, &lab, args.jobs)?;
        anstream::println!("lab {}: {} mutants to measure", lab.manifest.id, new.len());
        catalogue.bugs.extend(bugs(&bench, new)?);
        if catalogue.unfinished.is_empty() {
            catalogue.unfinished = unfinished(&bench)?;
        }
    }
    catalogue.bugs.sort_by(|one, other| one.name.cmp(&other.name));
    let path = lab.dir.join(causes::FILE);
    files::write_atomic(&path, causes::render(&catalogue)?.as_bytes())?;
    anstream::println!("wrote {}; bugs in it: {}", workspace.shown(&path), catalogue.bugs.len());
    Ok(Exit::Done)
}

fn bug_of(mutant: &Mutant, fails: BTreeMap<String, How>) -> Bug {
    Bug { name: mutant.name.clone(), cause: mutant.words().to_owned(), fails }
}

fn bugs(bench: &Bench<'_>, new: Vec<Mutant>) -> anyhow::Result<Vec<Bug>> {
    let (sender, made) = mpsc::channel();
    let count = new.len();
    let Others { alternative, ready, problems } = thread::scope(|scope| {
        scope.spawn(move || bench.build_others(new, false, &sender));
        Others::collect(&made, count)
    });
    alternative?;
    if let Some(problem) = problems.first() {
        return Err(bad_input(problem.clone()));
    }
    let programs: Vec<&Programs> = ready.iter().map(|(_, programs)| programs).collect();
    let traces = traces(bench, &programs)?;
    Ok(ready.iter().zip(traces).map(|((mutant, _), traces)| bug_of(mutant, broken(&traces))).collect())
}

/// The reference, its milestones written one after the other.
fn unfinished(bench: &Bench<'_>) -> anyhow::Result<Vec<Unfinished>> {
    let manifest = &bench.lab.manifest;
    let stage = Stage::new(bench.workspace, bench.lab, &bench.family)?;
    let source = bench.source()?;
    let mut programs = Vec::new();
    for written in 0..manifest.milestones.len() {
        let mut texts = BTreeMap::new();
        for (path, text) in &source {
            let cut = starter::starter(&starter::keep_written(text, written), manifest)
                .map_err(|problem| bad_input(format!("{path}:{}: {}", problem.line, problem.text)))?;
            texts.extend(cut.map(|text| (path.clone(), text)));
        }
        programs.push(stage.build(&format!("written_{written}"), &texts)?);
    }
    let traces = traces(bench, &programs.iter().collect::<Vec<_>>())?;
    let stage = |(written, traces): (usize, &Traces)| Unfinished {
        written: written.checked_sub(1).map_or("m0".to_owned(), |last| manifest.milestones[last].id.clone()),
        stubs: traces
            .iter()
            .filter(|(_, seen)| **seen == Seen::Unwritten)
            .map(|(name, _)| name.clone())
            .collect(),
        fails: broken(traces),
    };
    Ok(traces.iter().enumerate().map(stage).collect())
}

fn broken(traces: &Traces) -> BTreeMap<String, How> {
    let broken = |(name, seen): (&String, &Seen)| match seen {
        Seen::Broken(how) => Some((name.clone(), how.clone())),
        Seen::Kept | Seen::Unwritten => None,
    };
    traces.iter().filter_map(broken).collect()
}

/// Runs every check on every program.
fn traces(bench: &Bench<'_>, programs: &[&Programs]) -> anyhow::Result<Vec<Traces>> {
    let mut tasks = Vec::new();
    for programs in programs {
        tasks.extend(bench.lab.manifest.checks().map(|check| Task { programs, check }));
    }
    let outcomes = bench.run(&tasks)?;
    if interrupt::is_set() {
        return Err(stop(Exit::Interrupted, "interrupted; nothing was written"));
    }
    let of_one = |outcomes: &[Option<crate::outcome::CheckOutcome>]| {
        let mut traces = Traces::new();
        for outcome in outcomes.iter().flatten() {
            if outcome.verdict == Verdict::GraderError {
                return Err(stop(Exit::GraderError, format!("{}: {}", outcome.check, outcome.text)));
            }
            traces.extend(causes::seen(outcome).map(|seen| (outcome.check.clone(), seen)));
        }
        Ok(traces)
    };
    outcomes.chunks(bench.lab.manifest.checks().count().max(1)).map(of_one).collect()
}
