//! GitHub Actions: a job summary in Markdown (append it to `$GITHUB_STEP_SUMMARY`) and annotations (print them).
//!
//! Traps: a summary above 1 MiB is dropped as a whole; ten errors of a step are shown, so milestones come before checks and no
//! more than ten are written; percent signs and line ends are escaped, and in properties also colons and commas.

use std::fmt::Write as _;

use anyhow::Result;

use super::{Graded, Test};

/// The most that a step's summary may have, in bytes, with room for others of the step.
const MAX_SUMMARY: usize = 900 << 10;
/// More errors of one step are not shown.
const MAX_ERRORS: usize = 10;

pub(super) fn summary(graded: &Graded<'_>) -> Result<Vec<u8>> {
    let (member, head) = (graded.member, &graded.lab.head);
    let mut out = format!(
        "## Lab {}: {}\n\n**{} of {} points.** {}\n\n| milestone | points |\n|---|--:|\n",
        head.lab,
        head.title,
        member.total,
        head.max(),
        member.summary
    );
    for (milestone, score) in head.milestones.iter().zip(&member.milestones) {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "| {} {} | {} of {} |", milestone.id, milestone.title, score.points, score.max);
    }
    for test in graded.tests().iter().filter(|test| !test.passed()) {
        let text = format!(
            "\n### {}: {}\n\n{}\n",
            test.outcome.verdict.word(),
            test.info.sentence,
            fenced(&test.outcome.text)
        );
        if out.len() + text.len() > MAX_SUMMARY {
            out.push_str("\nMore failures do not fit here.\n");
            break;
        }
        out.push_str(&text);
    }
    Ok(out.into_bytes())
}

pub(super) fn annotations(graded: &Graded<'_>) -> Result<Vec<u8>> {
    let tests = graded.tests();
    let failed = tests.iter().filter(|test| !test.passed()).take(MAX_ERRORS);
    let line = |test: &Test<'_>| {
        let title = property(&format!("lab {} {}", graded.lab.head.lab, test.info.sentence));
        format!("::error title={title}::{}\n", message(&test.words()))
    };
    Ok(failed.map(line).collect::<String>().into_bytes())
}

/// A block that no line of the text can end.
pub(in crate::report) fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{text}\n{fence}")
}

fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
