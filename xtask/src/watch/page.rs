//! The texts that a key opens over the screen: what `hint` and `explain` know, in the words of `watch`.

use std::fmt::Write as _;

use crate::outcome::CheckOutcome;
use crate::progress::{NextHint, store};
use crate::workspace::{Lab, Workspace};
use crate::{check, explain, hint};

use crate::show::{BOLD, DIM};
use crate::text::printable;

/// Opens the next hint of a milestone if it is free; the newest one, then those before it. The progress is that of
/// `cargo xtask hint`.
pub(super) fn hints(workspace: &Workspace, lab: &Lab, milestone: &str) -> anyhow::Result<String> {
    let Some(milestone) = lab.manifest.milestones.iter().find(|m| m.id == milestone) else {
        return Ok(format!("no milestone {milestone}"));
    };
    let hints = hint::of(workspace, lab, milestone)?;
    let (_, after) = hint::open(workspace, lab, milestone, hints.len(), false);
    let seen = store::load(workspace).lab(&lab.manifest.id).hints(&milestone.id).min(hints.len());
    let mut out = String::new();
    for level in (1..=seen).rev() {
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "{BOLD}{} {}, hint {level} of {}{BOLD:#}\n\n{}\n",
            milestone.id,
            milestone.title,
            hints.len(),
            hints[level - 1]
        );
        if level == seen {
            let _ = writeln!(out, "{DIM}{}{DIM:#}\n", next(after, hints.len()));
        }
    }
    Ok(out)
}

fn next(after: NextHint, count: usize) -> String {
    match after {
        NextHint::NoMore => "That was the last hint.".to_owned(),
        NextHint::Free(level) => format!("Press h again for hint {level} of {count}."),
        NextHint::After(level, 1) => {
            format!("Hint {level} of {count} opens after one more attempt: save a change.")
        }
        NextHint::After(level, missing) => {
            format!(
                "Hint {level} of {count} opens after {missing} more attempts: save a change, look, think."
            )
        }
    }
}

/// So much of what a failed check has seen is shown.
const DETAIL_LINES: usize = 300;
const DETAIL_BYTES: usize = 64 << 10;

/// What was seen beyond the failure's own text, then the rule, the reason, the man page and the source of the check.
pub(super) fn explanation(
    workspace: &Workspace,
    lab: &Lab,
    failure: &CheckOutcome,
) -> anyhow::Result<String> {
    let mut out = String::new();
    if !failure.detail.is_empty() {
        let detail = printable(&failure.detail, DETAIL_LINES, DETAIL_BYTES);
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{BOLD}What was seen{BOLD:#}\n\n{detail}\n");
    }
    out.push_str(&explain::text(workspace, lab, check::find(&lab.manifest, &failure.check)?)?);
    Ok(out)
}
