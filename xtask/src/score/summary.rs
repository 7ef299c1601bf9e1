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
    let passed = checks.iter().filter(|check| check.verdict == Verdict::Pass).count();
    let parts = [format!("{passed} of {} checks passed", checks.len())].into_iter().chain(missed(checks));
    format!("{}.", parts.collect::<Vec<_>>().join(", "))
}

/// How many checks were missed, by what happened: `3 failed`, `1 hung`.
pub(super) fn missed(checks: &[CheckOutcome]) -> Vec<String> {
    let words = [
        (Verdict::Fail, "failed"),
        (Verdict::Hang, "hung"),
        (Verdict::Crash, "crashed"),
        (Verdict::Leak, "left something behind"),
        (Verdict::NotRun, "did not run"),
        (Verdict::GraderError, "met an error of the grader"),
    ];
    let counted = words.map(|(verdict, words)| {
        let count = checks.iter().filter(|check| check.verdict == verdict).count();
        (count > 0).then(|| format!("{count} {words}"))
    });
    counted.into_iter().flatten().collect()
}
