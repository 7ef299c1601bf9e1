//! One line for each finished step, append-only, flushed: what a killed run leaves is readable.
//!
//! The first line is the [`Plan`]. [`read`] gives back plan and findings; a last line cut in the middle (the
//! machine went down) is dropped.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::outcome::CheckOutcome;
use crate::score::{Found, Plan};

/// The journal's name in a folder of grades.
pub const FILE: &str = "journal.jsonl";

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
        let file = OpenOptions::new().append(true).create_new(true).open(folder.join(FILE))?;
        let mut journal = Self { file };
        journal.add(&Line::Class(Box::new(plan.clone())))?;
        Ok(journal)
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

/// Reads a journal back.
///
/// # Errors
/// When the file cannot be read, has no plan, or a line in its middle is damaged.
pub fn read(folder: &Path) -> anyhow::Result<(Plan, Vec<Found>)> {
    use anyhow::Context as _;
    let path = folder.join(FILE);
    let text = std::fs::read(&path).with_context(|| format!("read {}", path.display()))?;
    parse(&text).with_context(|| format!("read {}", path.display()))
}

fn parse(text: &[u8]) -> anyhow::Result<(Plan, Vec<Found>)> {
    use anyhow::{Context as _, bail};
    // What follows the last newline was being written when the run died.
    let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let mut lines = text[..whole].split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let first = lines.next().context("it is empty")?;
    let Line::Class(plan) = serde_json::from_slice(first).context("its first line")? else {
        bail!("its first line is no plan");
    };
    let mut found = vec![Found::default(); plan.members.len()];
    for (number, line) in lines.enumerate() {
        let line: Line = serde_json::from_slice(line).with_context(|| format!("line {}", number + 2))?;
        apply(&mut found, line).with_context(|| format!("line {}: no such member", number + 2))?;
    }
    Ok((*plan, found))
}

fn apply(found: &mut [Found], line: Line) -> Option<()> {
    match line {
        Line::Class(_) => {}
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
    use crate::score::{Entry, Head, SCHEMA};
    use sandbox::protocol::Verdict;

    fn plan() -> Plan {
        let entry = Entry { name: "x".into(), notes: vec![], refused: None, expect: None };
        Plan {
            head: Head {
                schema: SCHEMA.into(),
                lab: "01".into(),
                title: String::new(),
                started: String::new(),
                toolchain: String::new(),
                level: String::new(),
                memory_guard: String::new(),
                seed: 1,
                notes: vec![],
                milestones: vec![],
            },
            members: vec![entry.clone(), entry],
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
        let (read_plan, found) = read(folder.path()).unwrap();
        assert_eq!(read_plan, plan());
        assert_eq!(found[0].compile_error.as_deref(), Some("no"));
        assert_eq!(found[1].checks["m1::a"], check());
    }

    #[test]
    fn a_line_cut_in_the_middle_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::begin(folder.path(), &plan()).unwrap();
        journal.add(&Line::Check { member: 1, outcome: check() }).unwrap();
        let path = folder.path().join(FILE);
        let mut text = std::fs::read(&path).unwrap();
        text.extend(b"{\"event\":\"check\",\"mem");
        std::fs::write(&path, text).unwrap();
        assert_eq!(read(folder.path()).unwrap().1[1].checks.len(), 1);
    }

    #[test]
    fn a_second_run_never_writes_over_a_journal() {
        let folder = tempfile::tempdir().unwrap();
        Journal::begin(folder.path(), &plan()).unwrap();
        assert!(Journal::begin(folder.path(), &plan()).is_err());
    }
}
