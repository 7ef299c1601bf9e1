//! `merge`: the parts of a class that was graded on several machines (`grade --shard I/N`) become one run.
//!
//! Only what was judged by the same judge with the same seed is one run; whoever was graded twice is named. The journals are put
//! together, and every report is made from them as if one machine had graded the class.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use crate::exit::{Exit, bad_input};
use crate::grade::new_folder;
use crate::journal::{self, Journal, lines};
use crate::policy::{self, files::Terms};
use crate::report::formats::Format;
use crate::report::{self, print, print_end};
use crate::score::{Entry, Found, Plan, Run};
use crate::text::{one_line, reason};
use crate::workspace::Workspace;

/// Put together the parts of a class that were graded on several machines.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask grade SUBMISSIONS --shard 1/2 --seed 7 --out part-1      on one machine
  cargo xtask grade SUBMISSIONS --shard 2/2 --seed 7 --out part-2      on another one
  cargo xtask merge part-1 part-2                                      one gradebook, in grades/TIME
  cargo xtask similar SUBMISSIONS --out grades/latest                  who has the same code, in the whole class")]
pub struct MergeArgs {
    /// Folders that `grade --shard` wrote (or their `--out`).
    #[arg(required = true)]
    pub parts: Vec<PathBuf>,
    /// Where the folder of the whole goes.
    #[arg(long, value_name = "DIR", default_value = "grades")]
    pub out: PathBuf,
    /// What makes grades of points [default: the policy that the parts have in common].
    #[arg(long, value_name = "TOML")]
    pub policy: Option<PathBuf>,
    /// Also write what this system reads; may be repeated.
    #[arg(long = "format", value_enum, value_name = "FORMAT")]
    pub formats: Vec<Format>,
}

/// A lab in a part: what was to be graded, and what was found out.
type Part = (Plan, Vec<Found>);

/// Merges the parts.
///
/// # Errors
/// When a part cannot be read or does not fit to the others, or the whole cannot be written.
pub fn run(workspace: &Workspace, args: &MergeArgs) -> Result<Exit> {
    let mut labs: BTreeMap<String, Vec<Part>> = BTreeMap::new();
    let folders: Vec<PathBuf> =
        args.parts.iter().map(|folder| report::folder_of(folder)).collect::<Result<_>>()?;
    let terms = terms(workspace, args.policy.as_deref(), &folders)?;
    for folder in &folders {
        for part in parts_in(folder)? {
            labs.entry(part.0.head.lab.clone()).or_default().push(part);
        }
    }
    let merged: Vec<Part> =
        labs.into_values().map(merge).collect::<Result<_, String>>().map_err(bad_input)?;
    let run = one_run(merged.iter().map(|(plan, _)| &plan.run)).map_err(bad_input)?;
    let folder = new_folder(&args.out)?;
    if let Some(terms) = &terms {
        terms.keep(&folder)?;
    }
    let mut results = Vec::new();
    for (mut plan, found) in merged {
        plan.run = run.clone();
        write(&folder, &plan, &found).map_err(|error| {
            bad_input(format!("write the journal in {}: {}", folder.display(), reason(&error)))
        })?;
        let mut lab = plan.results(&found);
        report::explain(workspace, &mut lab);
        print(&lab);
        results.push(lab);
    }
    let results = policy::files::results(terms.as_ref(), run, results);
    report::write(workspace, &folder, &results, &args.formats)?;
    report::link_latest(&args.out, &folder)
        .map_err(|error| bad_input(format!("link the newest run: {}", reason(&error))))?;
    print_end(&results);
    anstream::println!("report: {}", workspace.shown(&folder.join(report::HTML)));
    Ok(if results.complete { Exit::Done } else { Exit::SomeFailed })
}

/// The policy that was asked for, else the one that all parts have.
fn terms(workspace: &Workspace, asked: Option<&Path>, folders: &[PathBuf]) -> Result<Option<Terms>> {
    if asked.is_some() {
        return Terms::choose(workspace, asked, None);
    }
    let mut all = folders.iter().map(|folder| Terms::of_folder(folder)).collect::<Result<Vec<_>>>()?;
    if all.windows(2).any(|pair| pair[0] != pair[1]) {
        return Err(bad_input("the parts have different policies; give one with --policy"));
    }
    Ok(all.pop().flatten())
}

fn parts_in(folder: &Path) -> Result<Vec<Part>> {
    let journals = journal::list(folder)
        .map_err(|error| bad_input(format!("list {}: {}", folder.display(), reason(&error))))?;
    let read =
        journals.iter().map(|path| journal::read(path).map_err(|error| bad_input(format!("{error:#}"))));
    read.filter_map(Result::transpose).collect()
}

fn write(folder: &Path, plan: &Plan, found: &[Found]) -> std::io::Result<()> {
    let mut journal = Journal::begin(folder, plan)?;
    for (member, found) in found.iter().enumerate() {
        for line in lines(member, found) {
            journal.add(&line)?;
        }
    }
    Ok(())
}

/// One lab's parts as one, its members by name.
fn merge(parts: Vec<Part>) -> Result<Part, String> {
    let mut parts = parts.into_iter();
    let (mut plan, found) = parts.next().ok_or("nothing to merge")?;
    let id = plan.head.lab.clone();
    let mut members: Vec<(Entry, Found)> = std::mem::take(&mut plan.members).into_iter().zip(found).collect();
    let mut runs = vec![plan.run.clone()];
    for (other, found) in parts {
        if other.judge != plan.judge || other.head != plan.head {
            return Err(format!("lab {id}: the parts were judged by different checks, runners or compilers"));
        }
        runs.push(other.run);
        members.extend(other.members.into_iter().zip(found));
    }
    plan.run = one_run(runs.iter()).map_err(|why| format!("lab {id}: {why}"))?;
    members.sort_by(|one, other| one.0.name.cmp(&other.0.name));
    if let Some(twice) = members.windows(2).find(|pair| pair[0].0.name == pair[1].0.name) {
        return Err(format!("lab {id}: {} was graded in two parts", one_line(&twice[0].0.name, 80)));
    }
    let (entries, found) = members.into_iter().unzip();
    plan.members = entries;
    Ok((plan, found))
}

/// The circumstances that the parts have in common: since the first began, with what is to be said of each.
fn one_run<'a>(mut runs: impl Iterator<Item = &'a Run>) -> Result<Run, String> {
    let mut run = runs.next().ok_or("no graded class is in these folders")?.clone();
    for other in runs {
        let own = (&run.seed, &run.level, &run.toolchain);
        if own != (&other.seed, &other.level, &other.toolchain) {
            return Err(
                "the parts have different seeds, levels or compilers; give each the same --seed".to_owned()
            );
        }
        if other.started < run.started {
            run.started.clone_from(&other.started);
        }
        // Machines differ in what they can give; a verdict does not depend on it, but whoever reads it may ask.
        let guard = format!("memory: a part had {}", other.memory_guard);
        let guards = (other.memory_guard != run.memory_guard).then_some(&guard);
        for note in other.notes.iter().chain(guards) {
            if !run.notes.contains(note) {
                run.notes.push(note.clone());
            }
        }
    }
    Ok(run)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Head, sample};

    fn part(names: &[&str], seed: u64) -> Part {
        let plan = Plan {
            run: Run { seed, notes: names.iter().map(ToString::to_string).collect(), ..sample::run() },
            head: Head { lab: "01".into(), title: String::new(), milestones: vec![] },
            judge: "j".to_owned(),
            members: names.iter().map(|name| sample::entry(name)).collect(),
        };
        let found = |name: &&str| Found { compile_error: Some((*name).to_owned()), ..Found::default() };
        (plan, names.iter().map(found).collect())
    }

    #[test]
    fn the_members_come_in_the_order_of_their_names_with_what_was_found_out() {
        let (plan, found) = merge(vec![part(&["b", "d"], 7), part(&["a", "c"], 7)]).unwrap();
        let names: Vec<_> = plan.members.iter().map(|member| member.name.as_str()).collect();
        let found: Vec<_> = found.iter().filter_map(|found| found.compile_error.as_deref()).collect();
        assert_eq!((names, found), (vec!["a", "b", "c", "d"], vec!["a", "b", "c", "d"]));
        assert_eq!(plan.run.notes, ["b", "d", "a", "c"]);
    }

    #[test]
    fn parts_whose_memory_was_guarded_otherwise_are_merged_and_named() {
        let mut other = part(&["b"], 7);
        other.0.run.memory_guard = "cgroup v2, per slot; watchdog, 50 ms".to_owned();
        let (plan, _) = merge(vec![part(&["a"], 7), other]).unwrap();
        assert_eq!(plan.run.memory_guard, sample::run().memory_guard);
        assert_eq!(plan.run.notes, ["a", "b", "memory: a part had cgroup v2, per slot; watchdog, 50 ms"]);
    }

    #[test]
    fn what_is_not_one_run_is_not_merged() {
        let told = |parts| merge(parts).unwrap_err();
        assert!(told(vec![part(&["a"], 7), part(&["b"], 8)]).contains("different seeds"));
        assert_eq!(told(vec![part(&["a"], 7), part(&["a"], 7)]), "lab 01: a was graded in two parts");
        let mut other = part(&["b"], 7);
        other.0.judge = "k".to_owned();
        assert!(told(vec![part(&["a"], 7), other]).contains("different checks"));
    }
}
