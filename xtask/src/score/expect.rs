//! What the sample class expects of its members. Pure.

use sandbox::protocol::Verdict;
use serde::{Deserialize, Serialize};

use crate::manifest::POINTS;
use crate::outcome::CheckOutcome;

/// What a member of the sample class must get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expect {
    /// All points: the reference and the alternative.
    Full,
    /// Exactly these points: the starter.
    Floor(u32),
    /// Not all points, and each of these checks must fail: a mutant.
    CaughtBy(Vec<String>),
}

/// What became of an expectation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expectation {
    /// Whether it was met.
    pub met: bool,
    /// `ok`, or `NOT AS EXPECTED: ` and why.
    pub text: String,
}

impl Expect {
    /// Compares with what was found.
    #[must_use]
    pub fn judge(
        &self,
        refused: Option<&str>,
        total: u32,
        undecided: u32,
        checks: &[CheckOutcome],
    ) -> Expectation {
        let problem = if let Some(refused) = refused {
            Some(refused.to_owned())
        } else if undecided > 0 {
            Some(format!("{undecided} points are undecided"))
        } else {
            self.problem(total, checks)
        };
        match problem {
            None => Expectation { met: true, text: "ok".to_owned() },
            Some(why) => Expectation { met: false, text: format!("NOT AS EXPECTED: {why}") },
        }
    }

    fn problem(&self, total: u32, checks: &[CheckOutcome]) -> Option<String> {
        match self {
            Self::Full => (total != POINTS).then(|| format!("{total} points instead of {POINTS}")),
            Self::Floor(floor) => (total != *floor).then(|| format!("{total} points instead of {floor}")),
            Self::CaughtBy(names) => {
                let missed = names.iter().find(|name| !is_red(checks, name));
                missed
                    .map(|name| format!("{name} did not catch it"))
                    .or_else(|| (total >= POINTS).then(|| "it got all points".to_owned()))
            }
        }
    }
}

fn is_red(checks: &[CheckOutcome], name: &str) -> bool {
    checks.iter().any(|check| {
        let red = matches!(check.verdict, Verdict::Fail | Verdict::Hang | Verdict::Crash | Verdict::Leak);
        check.check == name && red
    })
}
