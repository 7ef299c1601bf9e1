//! Pure: a class, its checks and what they gave, added up: each lab to [`LabResults`], all labs of a run to
//! [`Results`] (`results.json`).

use sandbox::protocol::Verdict;
use serde::{Deserialize, Serialize};

use crate::manifest::Manifest;
use crate::outcome::CheckOutcome;

mod entry;
mod expect;
mod grade;
mod points;
mod run;
mod seen;
mod spread;
mod summary;

pub use entry::{Entry, Found, HandedIn, Standing};
pub use expect::{Expect, Expectation};
pub use grade::{Attempt, Counts, LabGrade, Total};
pub use points::Points;
pub use run::{LabScore, Results, Student};
pub use spread::{Bar, Spread};
pub use summary::class as class_in_short;

/// The schema of `results.json`. Version 2 has the circumstances of the run at its top, one row a student in
/// `students`, and in `labs` what version 1 had at its top for its only lab: the lab, its milestones, `members`.
pub const SCHEMA: &str = "ipc-labs/results/v2";

/// What is known of one lab before the first check runs: the first line of its journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The same for every lab of a run.
    #[serde(flatten)]
    pub run: Run,
    /// The lab.
    #[serde(flatten)]
    pub head: Head,
    /// The name of all that judges: the lab's files, the runner, the compiler. Equal names judge alike.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub judge: String,
    /// In the order of the report.
    pub members: Vec<Entry>,
}

/// The circumstances of a grading run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// [`SCHEMA`].
    pub schema: String,
    /// When grading began, UTC.
    pub started: String,
    /// `rustc --version`.
    pub toolchain: String,
    /// The sandbox level.
    pub level: String,
    /// How memory was limited.
    pub memory_guard: String,
    /// The seed from which every check's challenges came.
    pub seed: u64,
    /// What the teacher should know about the class as a whole.
    pub notes: Vec<String>,
}

/// A lab that is graded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The lab's id: `01`.
    pub lab: String,
    /// The lab's title.
    pub title: String,
    /// In the order of the report.
    pub milestones: Vec<Milestone>,
}

impl Head {
    /// The points to be earned.
    #[must_use]
    pub fn max(&self) -> u32 {
        self.milestones.iter().map(|milestone| milestone.max).sum()
    }
}

/// A milestone of the lab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestone {
    /// `m2`.
    pub id: String,
    /// For people.
    pub title: String,
    /// The sum of its checks' points.
    pub max: u32,
    /// Its checks, in order.
    pub checks: Vec<CheckInfo>,
}

/// A check of the lab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckInfo {
    /// `m2_pipe::the_reader_sees_the_end`.
    pub name: String,
    /// The name as a sentence.
    pub sentence: String,
    /// What it is worth.
    pub max: u32,
    /// Whether students do not see yet what it is and says. A policy decides; no journal knows.
    #[serde(default, skip_serializing_if = "grade::is_false")]
    pub hidden: bool,
}

/// A class, graded in one lab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabResults {
    /// What was known before.
    #[serde(flatten)]
    pub head: Head,
    /// Whether every check of every member has its verdict.
    pub complete: bool,
    /// In the order of the class.
    pub members: Vec<Member>,
}

/// One graded member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// As in the plan.
    #[serde(flatten)]
    pub entry: Entry,
    /// Points earned.
    pub total: u32,
    /// Points nobody has decided yet: the grader failed or was interrupted. They are not lost.
    pub undecided: u32,
    /// What happened, in a sentence.
    pub summary: String,
    /// What is probably wrong, if the failures look like a known bug; made from the lab's catalogue.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub likely: Vec<String>,
    /// The first compile errors, or why the build ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compile_error: Option<String>,
    /// In the order of the lab.
    pub milestones: Vec<MilestoneScore>,
    /// In the order of the lab.
    pub checks: Vec<CheckOutcome>,
    /// Whether the sample class got what it expects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expectation: Option<Expectation>,
}

impl Member {
    /// Whether there was a program to check.
    #[must_use]
    pub fn was_run(&self) -> bool {
        self.entry.refused.is_none() && self.compile_error.is_none()
    }

    /// Whether nothing of the lab was handed in.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.entry.standing == Standing::Absent
    }

    /// Whether something was taken that does not compile.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.entry.refused.is_none() && self.compile_error.is_some()
    }

    /// What became of the checks that did not pass: `3 failed, 1 hung`. `None`: all passed.
    #[must_use]
    pub fn missed(&self) -> Option<String> {
        let missed = summary::missed(self.checks.iter());
        (!missed.is_empty()).then(|| missed.join(", "))
    }
}

/// One member's points in one milestone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MilestoneScore {
    /// `m2`.
    pub id: String,
    /// Points earned.
    pub points: u32,
    /// Points nobody has decided yet.
    pub undecided: u32,
    /// Points to be earned.
    pub max: u32,
}

/// The milestones of a lab, as the results carry them.
#[must_use]
pub fn milestones(manifest: &Manifest) -> Vec<Milestone> {
    let check = |check: &crate::manifest::Check| CheckInfo {
        name: check.name.clone(),
        sentence: check.sentence(),
        max: check.points,
        hidden: false,
    };
    let milestone = |milestone: &crate::manifest::Milestone| Milestone {
        id: milestone.id.clone(),
        title: milestone.title.clone(),
        max: milestone.points(),
        checks: milestone.checks.iter().map(check).collect(),
    };
    manifest.milestones.iter().map(milestone).collect()
}

impl Plan {
    /// Adds up a class. `found` has one value for each member, in order.
    #[must_use]
    pub fn results(&self, found: &[Found]) -> LabResults {
        let nothing = Found::default();
        let members: Vec<Member> = self
            .members
            .iter()
            .enumerate()
            .map(|(at, entry)| self.member(entry, found.get(at).unwrap_or(&nothing)))
            .collect();
        LabResults {
            head: self.head.clone(),
            complete: members.iter().all(|member| member.undecided == 0),
            members,
        }
    }

    fn member(&self, entry: &Entry, found: &Found) -> Member {
        let reason = entry.refused.as_ref().or(found.compile_error.as_ref());
        let is_final = reason.is_some() && entry.standing != Standing::Unclear;
        let mut milestones = Vec::new();
        let mut checks = Vec::new();
        for milestone in &self.head.milestones {
            let outcomes: Vec<CheckOutcome> =
                milestone.checks.iter().map(|check| self.outcome(check, found, reason)).collect();
            let undecided = outcomes.iter().filter(|o| !is_decided(o, is_final));
            milestones.push(MilestoneScore {
                id: milestone.id.clone(),
                points: outcomes.iter().map(|outcome| outcome.points).sum(),
                undecided: undecided.map(|outcome| outcome.max).sum(),
                max: milestone.max,
            });
            checks.extend(outcomes);
        }
        let total = milestones.iter().map(|milestone| milestone.points).sum();
        let undecided = milestones.iter().map(|milestone| milestone.undecided).sum();
        Member {
            total,
            undecided,
            summary: summary::sentence(entry, found.compile_error.as_ref(), checks.iter()),
            likely: Vec::new(),
            compile_error: found.compile_error.clone(),
            expectation: entry
                .expect
                .as_ref()
                .map(|expect| expect.judge(entry.refused.as_deref(), total, undecided, &checks)),
            milestones,
            checks,
            entry: entry.clone(),
        }
    }

    /// The outcome of a check, or why it has none.
    fn outcome(&self, check: &CheckInfo, found: &Found, reason: Option<&String>) -> CheckOutcome {
        if let (Some(outcome), None) = (found.checks.get(&check.name), reason) {
            return outcome.clone();
        }
        let text = reason.map_or("grading was interrupted before this check", |text| {
            text.lines().next().unwrap_or_default()
        });
        CheckOutcome {
            check: check.name.clone(),
            points: 0,
            max: check.max,
            verdict: Verdict::NotRun,
            text: text.to_owned(),
            detail: String::new(),
            seed: self.run.seed,
            millis: 0,
        }
    }
}

/// Whether a check's points are final. One that did not run for a reason of the submission's own is.
fn is_decided(outcome: &CheckOutcome, has_reason: bool) -> bool {
    match outcome.verdict {
        Verdict::GraderError => false,
        Verdict::NotRun => has_reason,
        _ => true,
    }
}

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;
