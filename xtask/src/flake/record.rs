//! Pure but for [`Records::load`]: how often checks failed on a reference under load, as it is kept and shown.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use sandbox::protocol::Verdict;
use serde::{Deserialize, Serialize};

use crate::exit::bad_input;
use crate::files;
use crate::outcome::CheckOutcome;

/// Where the figures are kept.
pub const FILE: &str = "solutions/flake.json";

/// The figures of one lab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// How many checks the lab has.
    pub checks: usize,
    /// How often each of them ran.
    pub runs: u32,
    /// How many at once.
    pub jobs: usize,
    /// Beside how many busy loops.
    pub load: usize,
    /// On how many cores.
    pub cores: usize,
    /// How often each check failed that failed at all.
    pub failed: BTreeMap<String, u32>,
}

impl Record {
    /// Nothing has run yet.
    #[must_use]
    pub fn new(checks: usize, jobs: usize, load: usize, cores: usize) -> Self {
        Self { checks, runs: 0, jobs, load, cores, failed: BTreeMap::new() }
    }

    /// One more run of every check.
    pub fn add(&mut self, outcomes: &[CheckOutcome]) {
        self.runs += 1;
        for outcome in outcomes.iter().filter(|outcome| outcome.verdict != Verdict::Pass) {
            *self.failed.entry(outcome.check.clone()).or_default() += 1;
        }
    }

    fn failures(&self) -> u32 {
        self.failed.values().sum()
    }

    /// What came of it, in one line.
    #[must_use]
    pub fn line(&self) -> String {
        let all = self.checks as u64 * u64::from(self.runs);
        format!("{} of {all} failed ({} checks, {} runs)", self.failures(), self.checks, self.runs)
    }
}

/// The figures of all labs, by their ids.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Records {
    /// By the lab's id.
    pub labs: BTreeMap<String, Record>,
}

impl Records {
    /// What is kept in a file; nothing, if there is none.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        if !path.is_file() {
            return Ok(Self::default());
        }
        let text = files::read(path)?;
        serde_json::from_str(&text).map_err(|error| bad_input(format!("{}: {error}", path.display())))
    }

    /// The text of the file.
    #[must_use]
    pub fn text(&self) -> String {
        // A map of numbers has no key or value that JSON lacks.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// The table in `solutions/README.md`.
    #[must_use]
    pub fn table(&self) -> String {
        let mut out = String::from(
            "| lab | checks | runs of each | at once | busy loops | cores | failed | which |\n|---|--:|--:|--:|--:|--:|--:|---|\n",
        );
        for (id, record) in &self.labs {
            let which: Vec<_> =
                record.failed.iter().map(|(check, count)| format!("`{check}` {count}")).collect();
            // Writing to a String cannot fail.
            let _ = writeln!(
                out,
                "| {id} | {} | {} | {} | {} | {} | {} | {} |",
                record.checks,
                record.runs,
                record.jobs,
                record.load,
                record.cores,
                record.failures(),
                which.join(", ")
            );
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(check: &str, verdict: Verdict) -> CheckOutcome {
        CheckOutcome {
            check: check.to_owned(),
            points: 0,
            max: 1,
            verdict,
            text: String::new(),
            detail: String::new(),
            seed: 0,
            millis: 0,
        }
    }

    #[test]
    fn failures_are_counted_by_check() {
        let mut record = Record::new(2, 8, 2, 2);
        record.add(&[outcome("a", Verdict::Pass), outcome("b", Verdict::Hang)]);
        record.add(&[outcome("a", Verdict::Pass), outcome("b", Verdict::Fail)]);
        assert_eq!(record.line(), "2 of 4 failed (2 checks, 2 runs)");
        let records = Records { labs: BTreeMap::from([("05".to_owned(), record)]) };
        assert!(records.table().ends_with("| 05 | 2 | 2 | 8 | 2 | 2 | 2 | `b` 2 |\n"), "{}", records.table());
        assert_eq!(serde_json::from_str::<Records>(&records.text()).unwrap(), records);
    }
}
