//! A member of a class: what is known before the first check, and what the checks found out. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Expect;
use crate::outcome::CheckOutcome;

/// One member of the class, before it is graded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The folder's name, or the name in the sample class.
    pub name: String,
    /// What was ignored or refused, one sentence each.
    pub notes: Vec<String>,
    /// Why there was nothing to grade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// What became of a hand-in that was not graded.
    #[serde(default, skip_serializing_if = "Standing::is_usual")]
    pub standing: Standing,
    /// The name of what was handed in, together with what judges it: equal names get equal verdicts.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub work: String,
    /// When it was handed in, and which attempt it is, as the export of the platform says.
    #[serde(default, skip_serializing_if = "HandedIn::is_unknown")]
    pub handed_in: HandedIn,
    /// What the sample class expects of this member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expect>,
}

/// What is known of the moment of a hand-in. Never what the student's own clock says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedIn {
    /// The student, of one of several attempts; the member's own name then tells the attempt, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub student: Option<String>,
    /// What the attempt is called, of several: `2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<String>,
    /// The time that the platform's export has, with its offset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Whether the export only says that it was late.
    #[serde(default, skip_serializing_if = "super::grade::is_false")]
    pub is_late: bool,
}

impl HandedIn {
    fn is_unknown(&self) -> bool {
        *self == Self::default()
    }
}

impl Entry {
    /// Whose work it is, whichever attempt.
    #[must_use]
    pub fn student(&self) -> &str {
        self.handed_in.student.as_deref().unwrap_or(&self.name)
    }
}

/// Whether a member has handed in the lab. Only what was handed in can be worth nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Yes. What cannot be taken (too large, say) has no points.
    #[default]
    HandedIn,
    /// No: `refused` says what was there instead.
    Absent,
    /// Something, but it does not say of which lab: its points stay undecided.
    Unclear,
}

impl Standing {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_usual(&self) -> bool {
        *self == Self::HandedIn
    }
}

/// What was found out about one member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The first compile errors, or why the build ended.
    pub compile_error: Option<String>,
    /// By check name.
    pub checks: BTreeMap<String, CheckOutcome>,
}
