//! Verdicts of earlier runs. Who hands in the same files again is judged by the same checks with the same result, so nothing is
//! built and nothing is run.
//!
//! One file for each piece of work, named by [`work`](super::digest::work), written whole when the last check has its verdict. An
//! error of the grader is no verdict, and is never kept.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sandbox::protocol::Verdict;

use crate::files;
use crate::journal::Line;
use crate::score::Found;
use crate::workspace::Workspace;

/// So many judges of a lab are remembered: after a change of a check, the old verdicts may be wanted once more.
const JUDGES: usize = 2;

/// The kept verdicts of one lab, by one judge.
#[derive(Debug)]
pub(super) struct Kept {
    folder: PathBuf,
    /// The seed that was asked for; verdicts with another one are not those that are wanted.
    seed: Option<u64>,
}

impl Kept {
    /// Opens the folder, and forgets older judges of this lab.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub(super) fn open(workspace: &Workspace, lab: &str, judge: &str, seed: Option<u64>) -> Result<Self> {
        let all = workspace.state_dir().join("verdicts");
        let folder = all.join(format!("{lab}-{judge}"));
        fs::create_dir_all(&folder).with_context(|| format!("create {}", folder.display()))?;
        forget_old(&all, lab, &folder);
        Ok(Self { folder, seed })
    }

    /// What was found out about this work, if all of it is known.
    ///
    /// A file that cannot be used is as good as none: the work is graded again.
    pub(super) fn get(&self, work: &str, checks: usize) -> Option<Found> {
        let text = fs::read_to_string(self.path(work)).ok()?;
        let mut found = Found::default();
        for line in text.lines() {
            match serde_json::from_str(line).ok()? {
                Line::Class(_) | Line::Note { .. } => return None,
                Line::Built { compile_error, .. } => found.compile_error = compile_error,
                Line::Check { outcome, .. } => drop(found.checks.insert(outcome.check.clone(), outcome)),
            }
        }
        let fits = |found: &Found| self.seed.is_none_or(|seed| found.checks.values().all(|o| o.seed == seed));
        Some(found).filter(|found| is_whole(found, checks) && fits(found))
    }

    /// Keeps what was found out, if it is all there is.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn put(&self, work: &str, found: &Found, checks: usize) -> Result<()> {
        if !is_whole(found, checks) {
            return Ok(());
        }
        let built = Line::Built { member: 0, compile_error: found.compile_error.clone() };
        let checked =
            found.checks.values().map(|outcome| Line::Check { member: 0, outcome: outcome.clone() });
        let mut text = Vec::new();
        for line in std::iter::once(built).chain(checked) {
            serde_json::to_writer(&mut text, &line).context("write a verdict")?;
            text.push(b'\n');
        }
        files::write_atomic(&self.path(work), &text)
    }

    fn path(&self, work: &str) -> PathBuf {
        self.folder.join(format!("{work}.jsonl"))
    }
}

/// Whether nothing of a member's `checks` checks is left to be found out.
pub(super) fn is_whole(found: &Found, checks: usize) -> bool {
    let all =
        found.checks.len() == checks && found.checks.values().all(|outcome| is_verdict(outcome.verdict));
    found.compile_error.is_some() || all
}

/// Whether it says something about the student.
pub(super) fn is_verdict(verdict: Verdict) -> bool {
    !matches!(verdict, Verdict::GraderError | Verdict::NotRun)
}

/// Removes the folders of this lab but the newest. Best effort: at worst they take up space.
fn forget_old(all: &Path, lab: &str, current: &Path) {
    let is_of_lab = |path: &Path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.split_once('-').is_some_and(|(id, _)| id == lab) && path != current
    };
    let paths = fs::read_dir(all).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut old: Vec<PathBuf> = paths.filter(|path| is_of_lab(path)).collect();
    old.sort_by_key(|path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok());
    let remove = old.len().saturating_sub(JUDGES - 1);
    for path in old.drain(..remove) {
        let _ = fs::remove_dir_all(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::CheckOutcome;

    fn outcome(check: &str, verdict: Verdict) -> (String, CheckOutcome) {
        let outcome = CheckOutcome {
            check: check.to_owned(),
            points: 0,
            max: 1,
            verdict,
            text: "a\nb".to_owned(),
            detail: String::new(),
            seed: 7,
            millis: 3,
        };
        (check.to_owned(), outcome)
    }

    fn found(second: Verdict) -> Found {
        Found { compile_error: None, checks: [outcome("a", Verdict::Pass), outcome("b", second)].into() }
    }

    fn kept(seed: Option<u64>) -> (tempfile::TempDir, Kept) {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept { folder: folder.path().to_owned(), seed };
        (folder, kept)
    }

    #[test]
    fn what_is_whole_comes_back() {
        let (_folder, kept) = kept(None);
        kept.put("w", &found(Verdict::Hang), 2).unwrap();
        assert_eq!(kept.get("w", 2), Some(found(Verdict::Hang)));
        let broken = Found { compile_error: Some("no".into()), ..Found::default() };
        kept.put("v", &broken, 2).unwrap();
        assert_eq!(kept.get("v", 2), Some(broken));
        assert_eq!(kept.get("u", 2), None);
    }

    #[test]
    fn what_is_not_a_verdict_on_everything_is_not_kept() {
        let (folder, kept) = kept(None);
        kept.put("w", &found(Verdict::GraderError), 2).unwrap();
        kept.put("w", &found(Verdict::Pass), 3).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn another_seed_and_a_damaged_file_are_graded_again() {
        let (folder, mut kept) = kept(Some(8));
        kept.put("w", &found(Verdict::Pass), 2).unwrap();
        assert_eq!(kept.get("w", 2), None);
        kept.seed = Some(7);
        assert_eq!(kept.get("w", 2), Some(found(Verdict::Pass)));
        fs::write(folder.path().join("w.jsonl"), "{\"event\":\"built\"").unwrap();
        assert_eq!(kept.get("w", 2), None);
    }

    #[test]
    fn the_newest_judges_of_a_lab_stay() {
        let folder = tempfile::tempdir().unwrap();
        for (name, age) in [("01-a", 30), ("01-b", 20), ("01-c", 10), ("02-a", 40)] {
            let path = folder.path().join(name);
            fs::create_dir(&path).unwrap();
            let time = std::time::SystemTime::now() - std::time::Duration::from_secs(age);
            fs::File::open(&path).unwrap().set_modified(time).unwrap();
        }
        forget_old(folder.path(), "01", &folder.path().join("01-c"));
        let left: std::collections::BTreeSet<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left.into_iter().collect::<Vec<_>>(), ["01-b", "01-c", "02-a"]);
    }
}
