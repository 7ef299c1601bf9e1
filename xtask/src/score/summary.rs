//! What happened to a member, in a sentence. Pure.

use sandbox::protocol::Verdict;

use super::{Entry, Found};
use crate::outcome::CheckOutcome;

pub(super) fn sentence(entry: &Entry, found: &Found, checks: &[CheckOutcome]) -> String {
    if let Some(refused) = &entry.refused {
        return format!("Not graded: {refused}.");
    }
    if let Some(error) = &found.compile_error {
        return format!(
            "Did not compile: {}.",
            error.lines().next().unwrap_or_default().trim_end_matches('.')
        );
    }
    let count = |verdict: Verdict| checks.iter().filter(|check| check.verdict == verdict).count();
    let mut parts = vec![format!("{} of {} checks passed", count(Verdict::Pass), checks.len())];
    for (verdict, words) in [
        (Verdict::Fail, "failed"),
        (Verdict::Hang, "hung"),
        (Verdict::Crash, "crashed"),
        (Verdict::Leak, "left something behind"),
        (Verdict::NotRun, "did not run"),
        (Verdict::GraderError, "met an error of the grader"),
    ] {
        if count(verdict) > 0 {
            parts.push(format!("{} {words}", count(verdict)));
        }
    }
    format!("{}.", parts.join(", "))
}
