//! A run that was killed, and goes on: its folder, its circumstances, and what its journals hold.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::exit::bad_input;
use crate::journal::{self, Journal};
use crate::score::{Found, Plan, Run};
use crate::text::one_line;

/// More names than this help nobody.
const MAX_NAMES: usize = 5;

/// The newest run in `out`, with its circumstances.
///
/// # Errors
/// When there is none, or its journals cannot be read.
pub(super) fn find(out: &Path) -> Result<(PathBuf, Run)> {
    let nothing = || bad_input(format!("{}: no run is here that could go on", out.display()));
    let mut folders: Vec<PathBuf> = fs::read_dir(out)
        .map_err(|_| nothing())?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_dir() && !path.is_symlink())
        .collect();
    folders.sort();
    for folder in folders.into_iter().rev() {
        for path in journal::list(&folder).with_context(|| format!("list {}", folder.display()))? {
            if let Some((plan, _)) = journal::read(&path).map_err(|error| bad_input(format!("{error:#}")))? {
                return Ok((folder, plan.run));
            }
        }
    }
    Err(nothing())
}

/// The journal for `plan` in `folder`: a new one, or that of the run that was killed, with what it holds. `no_room` says
/// that one could not be written.
///
/// # Errors
/// When the journal is of another class, or cannot be read or written.
pub(super) fn open(
    folder: &Path,
    plan: &Plan,
    no_room: impl Fn(&io::Error) -> anyhow::Error,
) -> Result<(Journal, Vec<Found>)> {
    let path = folder.join(journal::file(&plan.head.lab));
    let old = match path.is_file() {
        true => journal::read(&path).map_err(|error| bad_input(format!("{error:#}")))?,
        false => None,
    };
    let Some((old, found)) = old else {
        // It died before it had written what it was about to do.
        let _ = fs::remove_file(&path);
        let journal = Journal::begin(folder, plan).map_err(|error| no_room(&error))?;
        return Ok((journal, vec![Found::default(); plan.members.len()]));
    };
    if let Some(why) = difference(&old, plan) {
        return Err(bad_input(format!("{}: cannot go on: {why}", path.display())));
    }
    Ok((Journal::go_on(&path).map_err(|error| no_room(&error))?, found))
}

/// Why a run cannot go on with what another one has found out; nothing, if it can.
fn difference(old: &Plan, new: &Plan) -> Option<String> {
    if old.judge != new.judge || old.head != new.head {
        return Some("the lab, the runner or the compiler has changed since".to_owned());
    }
    let changed = |(old, new): &(_, &crate::score::Entry)| *old != *new;
    let both = old.members.iter().zip(&new.members).filter(changed).map(|(_, new)| new);
    let longer = if old.members.len() > new.members.len() { &old.members } else { &new.members };
    let more = longer.iter().skip(old.members.len().min(new.members.len()));
    let names: Vec<String> = both.chain(more).map(|entry| one_line(&entry.name, 40)).collect();
    let shown = names.iter().take(MAX_NAMES).cloned().collect::<Vec<_>>().join(", ");
    let rest = if names.len() > MAX_NAMES { ", …" } else { "" };
    (!names.is_empty()).then(|| format!("the submissions have changed since: {shown}{rest}"))
}

/// What the compiler and the level were when the run began must still be so.
///
/// # Errors
/// When it is not.
pub(super) fn is_like(old: &Run, toolchain: &str, level: &str) -> Result<()> {
    for (what, old, new) in [("compiler", &old.toolchain, toolchain), ("level", &old.level, level)] {
        if old != new {
            return Err(bad_input(format!("cannot go on: the {what} was {old}, now it is {new}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::lock;
    use crate::score::{Entry, Head, sample};
    use rstest::rstest;

    fn plan(works: &[(&str, &str)]) -> Plan {
        let entry = |(name, work): &(&str, &str)| Entry { work: (*work).to_owned(), ..sample::entry(name) };
        Plan {
            run: sample::run(),
            head: Head { lab: "01".into(), title: String::new(), milestones: vec![] },
            judge: "j".to_owned(),
            members: works.iter().map(entry).collect(),
        }
    }

    #[rstest]
    #[case::equal(&[("a", "1"), ("b", "2")], None)]
    #[case::changed(&[("a", "1"), ("b", "3")], Some("the submissions have changed since: b"))]
    #[case::more(&[("a", "1"), ("b", "2"), ("c", "4")], Some("the submissions have changed since: c"))]
    #[case::less(&[("a", "1")], Some("the submissions have changed since: b"))]
    fn only_the_same_class_goes_on(#[case] new: &[(&str, &str)], #[case] expected: Option<&str>) {
        let old = plan(&[("a", "1"), ("b", "2")]);
        assert_eq!(difference(&old, &plan(new)).as_deref(), expected);
    }

    #[test]
    fn another_judge_does_not_go_on() {
        let (old, mut new) = (plan(&[]), plan(&[]));
        new.judge = "k".to_owned();
        assert!(difference(&old, &new).is_some_and(|why| why.contains("has changed")));
    }

    #[test]
    fn a_folder_has_one_run_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = lock(folder.path()).unwrap();
        let error = lock(folder.path()).unwrap_err();
        assert!(error.to_string().ends_with("another run is at work here"));
        drop(first);
        lock(folder.path()).unwrap();
    }
}
