//! Pure: what the runner remembers of a student's work between two calls, so that `list` and `hint` work
//! offline and without a build. Kept on disk by [`store`].
//!
//! Points are not stored: a check earns its points or nothing, and `lab.toml` says how many they are.

use std::collections::BTreeMap;

use sandbox::protocol::Verdict;
use serde::{Deserialize, Serialize};

use crate::manifest::{Check, Manifest, Milestone};
use crate::outcome::CheckOutcome;

pub mod memory;
pub mod store;

/// Name and version of the format.
pub const FORMAT: &str = "ipc-labs/progress/v1";

/// So many attempts after a hint the next one is free.
pub const ATTEMPTS: u32 = 2;

/// Everything remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// [`FORMAT`].
    pub format: String,
    /// By the lab's id.
    #[serde(default)]
    pub labs: BTreeMap<String, LabProgress>,
    /// The lab that was tried last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<String>,
}

impl Default for Progress {
    fn default() -> Self {
        Self { format: FORMAT.to_owned(), labs: BTreeMap::new(), latest: None }
    }
}

/// What is remembered of one lab.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LabProgress {
    /// Each check that ever had a verdict, by its name.
    pub checks: BTreeMap<String, CheckProgress>,
    /// By the milestone's id.
    pub milestones: BTreeMap<String, MilestoneProgress>,
    /// Fingerprint of the files as they were checked last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked: Option<String>,
    /// Fingerprint of the files that did not compile, if the last try was such a one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
}

/// What is remembered of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckProgress {
    /// The newest verdict.
    pub last: Verdict,
    /// Its day (UTC), `2027-03-01`.
    pub on: String,
    /// The day on which the check passed for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<String>,
}

/// What is remembered of one milestone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MilestoneProgress {
    /// How often it was tried, see [`LabProgress::record`].
    pub attempts: u32,
    /// Fingerprint of the files of the last attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tried: Option<String>,
    /// How many hints were shown.
    pub hints: usize,
    /// How many attempts there were when the last of them was shown.
    pub attempts_at_hint: u32,
}

/// Checks that were run together on the same files.
#[derive(Debug, Clone, Copy)]
pub struct Round<'a> {
    /// What came out, in the order of `lab.toml`.
    pub outcomes: &'a [CheckOutcome],
    /// Fingerprint of the editable files before they were compiled; `None` if they could not be read.
    pub source: Option<&'a str>,
    /// The day (UTC).
    pub day: &'a str,
    /// Whether every check that was asked for has ended; false after Ctrl-C.
    pub is_finished: bool,
}

/// What is known of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Never run.
    New,
    /// It passed when it was run last.
    Passed,
    /// It failed when it was run last.
    Failed,
}

/// Whether one more hint may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextHint {
    /// This level, from 1.
    Free(usize),
    /// This level, after so many more attempts.
    After(usize, u32),
    /// There is none.
    NoMore,
}

impl Progress {
    /// What is remembered of a lab; empty when it is new.
    #[must_use]
    pub fn lab(&self, id: &str) -> LabProgress {
        self.labs.get(id).cloned().unwrap_or_default()
    }

    /// The same, to be changed.
    pub fn lab_mut(&mut self, id: &str) -> &mut LabProgress {
        self.labs.entry(id.to_owned()).or_default()
    }

    /// The same of a lab that is being tried now.
    pub fn tried(&mut self, id: &str) -> &mut LabProgress {
        self.latest = Some(id.to_owned());
        self.lab_mut(id)
    }
}

impl LabProgress {
    /// Notes a round of checks.
    ///
    /// It is an *attempt* at the first milestone with a failure in it, if it ran to its end and the files are
    /// not those of the attempt before. The milestones after that one are mostly red for the same reason or
    /// because nobody has begun them, so they count only when a round asks for them alone.
    pub fn record(&mut self, manifest: &Manifest, round: &Round<'_>) {
        let judged = || round.outcomes.iter().filter(|outcome| is_verdict(outcome.verdict));
        for outcome in judged() {
            self.note(outcome, round.day);
        }
        if judged().next().is_some() {
            self.checked = round.source.map(str::to_owned);
            self.broken = None;
        }
        let red = judged().find(|outcome| outcome.verdict != Verdict::Pass);
        let Some(milestone) = red.and_then(|outcome| manifest.milestone_of(&outcome.check)) else { return };
        let milestone = self.milestones.entry(milestone.id.clone()).or_default();
        // Files nobody could read cannot be compared; the doubt helps the student.
        let is_new = round.source.is_none() || milestone.tried.as_deref() != round.source;
        if round.is_finished && is_new {
            milestone.attempts += 1;
            milestone.tried = round.source.map(str::to_owned);
        }
    }

    /// Notes that files with this fingerprint do not compile.
    pub fn record_broken(&mut self, source: Option<&str>) {
        self.broken = source.map(str::to_owned);
    }

    fn note(&mut self, outcome: &CheckOutcome, day: &str) {
        let passed = self.checks.get(&outcome.check).and_then(|check| check.passed.clone());
        let passed = passed.or_else(|| (outcome.verdict == Verdict::Pass).then(|| day.to_owned()));
        let check = CheckProgress { last: outcome.verdict, on: day.to_owned(), passed };
        self.checks.insert(outcome.check.clone(), check);
    }

    /// What is known of a check.
    #[must_use]
    pub fn state(&self, check: &str) -> State {
        match self.checks.get(check) {
            None => State::New,
            Some(check) if check.last == Verdict::Pass => State::Passed,
            Some(_) => State::Failed,
        }
    }

    /// The points of the checks that passed when they were run last.
    #[must_use]
    pub fn points<'a>(&self, checks: impl IntoIterator<Item = &'a Check>) -> u32 {
        let passed = |check: &&Check| self.state(&check.name) == State::Passed;
        checks.into_iter().filter(passed).map(|check| check.points).sum()
    }

    /// The points of the checks that passed at any time.
    #[must_use]
    pub fn best<'a>(&self, checks: impl IntoIterator<Item = &'a Check>) -> u32 {
        let ever = |check: &&Check| self.checks.get(&check.name).is_some_and(|known| known.passed.is_some());
        checks.into_iter().filter(ever).map(|check| check.points).sum()
    }

    /// Whether each check of a milestone passed when it was run last.
    #[must_use]
    pub fn is_done(&self, milestone: &Milestone) -> bool {
        milestone.checks.iter().all(|check| self.state(&check.name) == State::Passed)
    }

    /// Whether each check of a milestone passed at some time: nothing about it is a secret any more.
    #[must_use]
    pub fn was_done(&self, milestone: &Milestone) -> bool {
        self.best(&milestone.checks) == milestone.points()
    }

    /// The day of its newest verdict.
    #[must_use]
    pub fn newest(&self) -> Option<&str> {
        self.checks.values().map(|check| check.on.as_str()).max()
    }

    /// The first milestone that is not done.
    #[must_use]
    pub fn open<'a>(&self, manifest: &'a Manifest) -> Option<&'a Milestone> {
        manifest.milestones.iter().find(|milestone| !self.is_done(milestone))
    }

    /// Which of `count` hints comes next for a milestone, and whether it is free: the first is at once, each
    /// further one after [`ATTEMPTS`] attempts since the one before, all when the milestone is done.
    #[must_use]
    pub fn next_hint(&self, milestone: &Milestone, count: usize) -> NextHint {
        let known = self.milestones.get(&milestone.id).cloned().unwrap_or_default();
        let level = known.hints + 1;
        let since = known.attempts.saturating_sub(known.attempts_at_hint);
        if level > count {
            NextHint::NoMore
        } else if level == 1 || since >= ATTEMPTS || self.was_done(milestone) {
            NextHint::Free(level)
        } else {
            NextHint::After(level, ATTEMPTS - since)
        }
    }

    /// Notes that the hints up to `level` were shown.
    pub fn saw_hint(&mut self, milestone: &str, level: usize) {
        let milestone = self.milestones.entry(milestone.to_owned()).or_default();
        if level > milestone.hints {
            milestone.hints = level;
            milestone.attempts_at_hint = milestone.attempts;
        }
    }

    /// How many hints of a milestone were shown.
    #[must_use]
    pub fn hints(&self, milestone: &str) -> usize {
        self.milestones.get(milestone).map_or(0, |milestone| milestone.hints)
    }
}

/// What did not run, or was judged by a broken grader, says nothing of the student's work.
fn is_verdict(verdict: Verdict) -> bool {
    !matches!(verdict, Verdict::NotRun | Verdict::GraderError)
}

/// Reads the text of a progress file.
///
/// # Errors
/// Why it cannot be used, in a few words.
pub fn parse(text: &[u8]) -> Result<Progress, String> {
    #[derive(Deserialize)]
    struct Head {
        format: String,
    }
    let head: Head = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    if head.format != FORMAT {
        // Not the format's own words: they may be anything.
        return Err(format!("its format is not {FORMAT}"));
    }
    serde_json::from_slice(text).map_err(|error| error.to_string())
}

/// Reads what the first runners wrote: by lab and milestone, how many hints were seen.
#[must_use]
pub fn parse_old(text: &[u8]) -> Option<Progress> {
    let old: BTreeMap<String, BTreeMap<String, usize>> = serde_json::from_slice(text).ok()?;
    let mut progress = Progress::default();
    for (lab, milestones) in old {
        for (milestone, hints) in milestones {
            progress.lab_mut(&lab).saw_hint(&milestone, hints);
        }
    }
    Some(progress)
}

#[cfg(test)]
pub(crate) mod tests;
