//! What happened to a member, and to a class in one lab, in a sentence. Pure.

use sandbox::protocol::Verdict;

use super::{Entry, LabResults, Member, Spread, Standing};
use crate::outcome::CheckOutcome;

pub(super) fn sentence<'a>(
    entry: &Entry,
    compile_error: Option<&String>,
    checks: impl Iterator<Item = &'a CheckOutcome> + Clone,
) -> String {
    if let Some(refused) = &entry.refused {
        return match entry.standing {
            Standing::Absent => format!("Nothing handed in: {refused}."),
            Standing::HandedIn | Standing::Unclear => format!("Not graded: {refused}."),
        };
    }
    if let Some(error) = compile_error {
        return format!(
            "Did not compile: {}.",
            error.lines().next().unwrap_or_default().trim_end_matches('.')
        );
    }
    let passed = checks.clone().filter(|check| check.verdict == Verdict::Pass).count();
    let parts =
        [format!("{passed} of {} checks passed", checks.clone().count())].into_iter().chain(missed(checks));
    format!("{}.", parts.collect::<Vec<_>>().join(", "))
}

/// How many checks were missed, by what happened: `3 failed`, `1 hung`.
pub(super) fn missed<'a>(checks: impl Iterator<Item = &'a CheckOutcome> + Clone) -> Vec<String> {
    let words = [
        (Verdict::Fail, "failed"),
        (Verdict::Hang, "hung"),
        (Verdict::Crash, "crashed"),
        (Verdict::Leak, "left something behind"),
        (Verdict::NotRun, "did not run"),
        (Verdict::GraderError, "met an error of the grader"),
    ];
    let counted = words.map(|(verdict, words)| {
        let count = checks.clone().filter(|check| check.verdict == verdict).count();
        (count > 0).then(|| format!("{count} {words}"))
    });
    counted.into_iter().flatten().collect()
}

/// `72 members; mean 81.5, median 97 of 100 points; 3 with all points; 1 did not compile.`
#[must_use]
pub fn class(results: &LabResults) -> String {
    let (members, max) = (&results.members, results.head.max());
    let count = |is: &dyn Fn(&Member) -> bool, words: &str| {
        let count = members.iter().filter(|member| is(member)).count();
        (count > 0).then(|| format!("{count} {words}"))
    };
    let plural = if members.len() == 1 { "" } else { "s" };
    let parts = [
        Some(format!("{} member{plural}", members.len())),
        count(&Member::is_absent, "handed nothing in"),
        Spread::of(results)
            .map(|spread| format!("mean {}, median {} of {max} points", spread.mean(), spread.median())),
        count(&|member| member.total == max, "with all points"),
        count(&Member::is_broken, "did not compile"),
        count(&|member| member.entry.refused.is_some() && !member.is_absent(), "not graded"),
        count(&|member| member.undecided > 0, "with undecided points"),
        count(&|member| member.expectation.as_ref().is_some_and(|e| !e.met), "NOT AS EXPECTED"),
    ];
    format!("{}.", parts.into_iter().flatten().collect::<Vec<_>>().join("; "))
}
