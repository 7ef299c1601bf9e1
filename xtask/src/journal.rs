//! One line for each finished step, append-only, flushed: what a killed run leaves is readable.
//!
//! Each lab has a journal, and all of a run are begun before anything is graded, so that a killed run tells of the
//! labs it has not come to. The first line is the [`Plan`]. [`read`] gives back plan and findings; a last line cut in
//! the middle (the machine went down) is dropped.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::outcome::CheckOutcome;
use crate::score::{Found, Plan};

/// What the journals in a folder of grades are called, for people.
pub const FILES: &str = "journal-LAB.jsonl";

/// The name of a lab's journal in a folder of grades.
#[must_use]
pub fn file(lab: &str) -> String {
    format!("journal-{lab}.jsonl")
}

/// The journals in a folder of grades, by lab.
///
/// # Errors
/// When the folder cannot be listed.
pub fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let is_journal = |name: &str| name.starts_with("journal-") && name.ends_with(".jsonl");
        if name.to_str().is_some_and(is_journal) {
            found.push(folder.join(name));
        }
    }
    found.sort();
    Ok(found)
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Line {
    /// What is known before the first check.
    Class(Box<Plan>),
    /// A member (its place in the plan) was built, or was not because of this.
    Built {
        /// The member's place in the plan.
        member: usize,
        /// The first compile errors.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        compile_error: Option<String>,
    },
    /// A check of a member is finished.
    Check {
        /// The member's place in the plan.
        member: usize,
        /// What it gave.
        #[serde(flatten)]
        outcome: CheckOutcome,
    },
    /// What came up during the run and belongs to the plan's notes.
    Note {
        /// One sentence.
        text: String,
    },
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    file: File,
}

impl Journal {
    /// Begins a journal with its plan.
    ///
    /// # Errors
    /// When the file exists or cannot be written.
    pub fn begin(folder: &Path, plan: &Plan) -> io::Result<Self> {
        let file =
            OpenOptions::new().append(true).create_new(true).open(folder.join(file(&plan.head.lab)))?;
        let mut journal = Self { file };
        journal.add(&Line::Class(Box::new(plan.clone())))?;
        Ok(journal)
    }

    /// Goes on with the journal of a run that was killed. A last line that was cut in the middle is taken away first.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn go_on(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).open(path)?;
        let text = std::fs::read(path)?;
        file.set_len(whole(&text) as u64)?;
        Ok(Self { file })
    }

    /// Appends one line with one write(2), so that no half line stands between two whole ones.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn add(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.file.write_all(&text)
    }
}

/// Reads a journal back. `None`: the run died before it had written the plan.
///
/// # Errors
/// When the file cannot be read, does not begin with a plan, or a line in its middle is damaged.
pub fn read(path: &Path) -> anyhow::Result<Option<(Plan, Vec<Found>)>> {
    use anyhow::Context as _;
    let text = std::fs::read(path).with_context(|| format!("read {}", path.display()))?;
    parse(&text).with_context(|| format!("read {}", path.display()))
}

/// What was found out about a member, as lines of a journal.
pub fn lines(member: usize, found: &Found) -> impl Iterator<Item = Line> + '_ {
    let built = Line::Built { member, compile_error: found.compile_error.clone() };
    let checked = found.checks.values().map(move |outcome| Line::Check { member, outcome: outcome.clone() });
    std::iter::once(built).chain(checked)
}

fn parse(text: &[u8]) -> anyhow::Result<Option<(Plan, Vec<Found>)>> {
    use anyhow::{Context as _, bail};
    let mut lines = text[..whole(text)].split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let Some(first) = lines.next() else { return Ok(None) };
    let Line::Class(mut plan) = serde_json::from_slice(first).context("its first line")? else {
        bail!("its first line is no plan");
    };
    let mut found = vec![Found::default(); plan.members.len()];
    for (number, line) in lines.enumerate() {
        let line: Line = serde_json::from_slice(line).with_context(|| format!("line {}", number + 2))?;
        apply(&mut plan, &mut found, line).with_context(|| format!("line {}: no such member", number + 2))?;
    }
    Ok(Some((*plan, found)))
}

/// How much of a journal are whole lines. What follows the last newline was being written when the run died.
fn whole(text: &[u8]) -> usize {
    text.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1)
}

fn apply(plan: &mut Plan, found: &mut [Found], line: Line) -> Option<()> {
    match line {
        Line::Class(_) => {}
        Line::Note { text } => plan.run.notes.push(text),
        Line::Built { member, compile_error } => found.get_mut(member)?.compile_error = compile_error,
        Line::Check { member, outcome } => {
            found.get_mut(member)?.checks.insert(outcome.check.clone(), outcome);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Entry, Head, Run, Standing, sample};
    use sandbox::protocol::Verdict;

    fn plan() -> Plan {
        let absent = Entry { standing: Standing::Absent, ..sample::entry("y") };
        Plan {
            run: sample::run(),
            head: Head { lab: "01".into(), title: String::new(), milestones: vec![] },
            judge: String::new(),
            members: vec![sample::entry("x"), absent],
        }
    }

    fn check() -> CheckOutcome {
        CheckOutcome {
            check: "m1::a".into(),
            points: 0,
            max: 1,
            verdict: Verdict::Hang,
            text: "a\nb\u{1b}".into(),
            detail: String::new(),
            seed: 3,
            millis: 4,
        }
    }

    #[test]
    fn a_journal_gives_back_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::begin(folder.path(), &plan()).unwrap();
        journal.add(&Line::Check { member: 1, outcome: check() }).unwrap();
        journal.add(&Line::Built { member: 0, compile_error: Some("no".into()) }).unwrap();
        journal.add(&Line::Note { text: "late".into() }).unwrap();
        let paths = list(folder.path()).unwrap();
        assert_eq!(paths, [folder.path().join("journal-01.jsonl")]);
        let (read_plan, found) = read(&paths[0]).unwrap().unwrap();
        let noted = Run { notes: vec!["late".into()], ..sample::run() };
        assert_eq!(read_plan, Plan { run: noted, ..plan() });
        assert_eq!(found[0].compile_error.as_deref(), Some("no"));
        assert_eq!(found[1].checks["m1::a"], check());
    }

    #[test]
    fn a_line_cut_in_the_middle_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::begin(folder.path(), &plan()).unwrap();
        journal.add(&Line::Check { member: 1, outcome: check() }).unwrap();
        let path = folder.path().join(file("01"));
        let mut text = std::fs::read(&path).unwrap();
        text.extend(b"{\"event\":\"check\",\"mem");
        std::fs::write(&path, text).unwrap();
        assert_eq!(read(&path).unwrap().unwrap().1[1].checks.len(), 1);
        // Who goes on writes behind the last whole line.
        let mut journal = Journal::go_on(&path).unwrap();
        journal.add(&Line::Built { member: 0, compile_error: Some("no".into()) }).unwrap();
        let found = read(&path).unwrap().unwrap().1;
        assert_eq!((found[1].checks.len(), found[0].compile_error.as_deref()), (1, Some("no")));
    }

    #[test]
    fn a_journal_whose_plan_was_never_written_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(file("01"));
        for text in ["", "{\"event\":\"class\""] {
            std::fs::write(&path, text).unwrap();
            assert!(read(&path).unwrap().is_none());
        }
    }

    #[test]
    fn a_second_run_never_writes_over_a_journal() {
        let folder = tempfile::tempdir().unwrap();
        Journal::begin(folder.path(), &plan()).unwrap();
        assert!(Journal::begin(folder.path(), &plan()).is_err());
    }
}
