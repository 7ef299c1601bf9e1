//! The files of a policy: its TOML and, beside it, the times of the hand-ins. A folder of grades keeps a copy of both, from
//! which `report` makes the same grades again.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::Result;

use super::parse::Course;
use super::{Moment, Policy, Times};
use crate::exit::bad_input;
use crate::files::write_atomic;
use crate::score::{LabResults, Results, Run};
use crate::text::{reason, root_reason};
use crate::workspace::Workspace;

/// The copies in a folder of grades.
const POLICY: &str = "policy.toml";
const TIMES: &str = "policy-times.csv";

/// A policy with its times, as read from files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// What it says.
    pub policy: Policy,
    times: Times,
    /// The texts, to be kept.
    text: String,
    list: Option<Vec<u8>>,
}

impl Terms {
    /// Reads a teacher's policy. What it names must be in the course; the file of times is beside it.
    ///
    /// # Errors
    /// When it cannot be read: one line for each problem, with file, line and column.
    pub fn load(workspace: &Workspace, path: &Path) -> Result<Self> {
        let text = read_text(path)?;
        let policy = parsed(path, &text, Some(&course(workspace)?))?;
        let beside = path.parent().unwrap_or(Path::new(""));
        let list = policy.times.as_ref().map(|times| beside.join(times));
        Self::with_times(policy, text, list.as_deref())
    }

    /// The copy that a folder of grades has, if it has one. The course may have changed since.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of_folder(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(POLICY);
        if !path.is_file() {
            return Ok(None);
        }
        let text = read_text(&path)?;
        let policy = parsed(&path, &text, None)?;
        let list = policy.times.as_ref().map(|_| folder.join(TIMES));
        Self::with_times(policy, text, list.as_deref()).map(Some)
    }

    /// The policy that was asked for, else the one of the folder.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn choose(
        workspace: &Workspace,
        asked: Option<&Path>,
        folder: Option<&Path>,
    ) -> Result<Option<Self>> {
        match (asked, folder) {
            (Some(path), _) => Self::load(workspace, path).map(Some),
            (None, Some(folder)) => Self::of_folder(folder),
            (None, None) => Ok(None),
        }
    }

    fn with_times(policy: Policy, text: String, path: Option<&Path>) -> Result<Self> {
        let (mut times, mut list) = (Times::default(), None);
        if let Some(path) = path {
            let bytes = read(path)?;
            times = Times::parse(&bytes, policy.offset)
                .map_err(|why| bad_input(format!("read the times {}: {why}", path.display())))?;
            list = Some(bytes);
        }
        Ok(Self { policy, times, text, list })
    }

    /// Copies the texts to a folder of grades. What another policy left there goes.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn keep(&self, folder: &Path) -> Result<()> {
        let wrong =
            |name: &str, why: String| bad_input(format!("write {}: {why}", folder.join(name).display()));
        // First: a policy must not find another one's times.
        match &self.list {
            Some(list) => {
                write_atomic(&folder.join(TIMES), list).map_err(|error| wrong(TIMES, root_reason(&error)))?
            }
            None => match fs::remove_file(folder.join(TIMES)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(wrong(TIMES, reason(&error)));
                }
                _ => {}
            },
        }
        write_atomic(&folder.join(POLICY), self.text.as_bytes())
            .map_err(|error| wrong(POLICY, root_reason(&error)))
    }

    /// The results of a run under this policy, at this moment.
    #[must_use]
    pub fn apply(&self, run: Run, labs: Vec<LabResults>) -> Results {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let now = Moment::utc(i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
        self.policy.apply(&self.times, now, run, labs)
    }
}

/// The results of a run, under a policy if there is one.
#[must_use]
pub fn results(terms: Option<&Terms>, run: Run, labs: Vec<LabResults>) -> Results {
    match terms {
        Some(terms) => terms.apply(run, labs),
        None => Results::new(run, labs),
    }
}

/// Removes the copies from a folder in which nothing was graded.
pub fn take_back(folder: &Path) {
    for name in [POLICY, TIMES] {
        // Best effort: a policy without grades does no harm.
        let _ = fs::remove_file(folder.join(name));
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| bad_input(format!("read {}: {}", path.display(), reason(&error))))
}

fn read_text(path: &Path) -> Result<String> {
    let text = String::from_utf8(read(path)?);
    text.map_err(|_| bad_input(format!("read {}: it is no UTF-8", path.display())))
}

fn parsed(path: &Path, text: &str, course: Option<&Course>) -> Result<Policy> {
    Policy::parse(text, course).map_err(|problems| {
        let lines: Vec<String> =
            problems.iter().map(|problem| format!("{}:{problem}", path.display())).collect();
        bad_input(lines.join("\n"))
    })
}

/// What a policy may name.
fn course(workspace: &Workspace) -> Result<Course> {
    let names = |lab: crate::workspace::Lab| {
        let of = |milestone: &crate::manifest::Milestone| {
            let checks = milestone.checks.iter().map(|check| check.name.clone());
            std::iter::once(milestone.id.clone()).chain(checks).collect::<Vec<_>>()
        };
        (lab.manifest.id.clone(), lab.manifest.milestones.iter().flat_map(of).collect())
    };
    Ok(workspace.labs()?.into_iter().map(names).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::{Exit, of_error};

    /// The sample on the page of documentation.
    fn sample() -> &'static str {
        let page = include_str!("../../docs/policy.md");
        page.split_once("```toml\n").and_then(|(_, rest)| rest.split_once("```")).unwrap().0
    }

    fn load(policy: &str, times: &str) -> (tempfile::TempDir, Result<Terms>) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("course.toml"), policy).unwrap();
        fs::write(folder.path().join("times.csv"), times).unwrap();
        let terms = Terms::load(&Workspace::find().unwrap(), &folder.path().join("course.toml"));
        (folder, terms)
    }

    const TIMES: &str = "student,submitted\n\"Doe, Jane\",2026-10-12 10:00:00\n";

    #[test]
    fn the_sample_in_the_documentation_is_a_policy_of_this_course() {
        let terms = load(sample(), TIMES).1.unwrap();
        assert_eq!((terms.policy.late_days, terms.policy.drop, terms.policy.penalty.floor), (4, 1, 50));
        assert_eq!((terms.policy.labs.len(), terms.policy.extensions.len()), (2, 1));
    }

    #[test]
    fn the_copy_in_a_folder_of_grades_says_the_same_and_forgets_an_older_one() {
        let (folder, terms) = load(sample(), TIMES);
        let (grades, terms) = (folder.path().join("grades"), terms.unwrap());
        fs::create_dir(&grades).unwrap();
        assert_eq!(Terms::of_folder(&grades).unwrap(), None);
        terms.keep(&grades).unwrap();
        assert_eq!(Terms::of_folder(&grades).unwrap(), Some(terms));
        let other = load("drop = 2", "").1.unwrap();
        other.keep(&grades).unwrap();
        assert_eq!(Terms::of_folder(&grades).unwrap(), Some(other));
        assert!(!grades.join(super::TIMES).exists());
    }

    #[test]
    fn every_problem_is_a_line_that_begins_with_file_line_and_column() {
        let (folder, terms) = load("drop = 1\n[labs.99]\n[labs.01]\nhidden = [\"m77\"]\n", "");
        let (error, path) = (terms.unwrap_err(), folder.path().join("course.toml"));
        let told = format!(
            "{0}:2:7: there is no lab 99\n{0}:4:11: lab 01 has no milestone and no check \"m77\"",
            path.display()
        );
        assert_eq!((error.to_string(), of_error(&error)), (told, Exit::BadInput));
    }

    #[test]
    fn times_that_are_missing_or_wrong_are_told_with_their_file() {
        let told = |policy: &str| load(policy, "student,submitted\na,noon\n").1.unwrap_err().to_string();
        assert!(told("times = \"times.csv\"").contains("times.csv: line 2: \"noon\" is no time"));
        assert!(told("times = \"other.csv\"").ends_with("other.csv: No such file or directory"));
    }
}
