//! How a checked lab looks on the screen. Colours are dropped by `anstream` where nobody can see them.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use sandbox::protocol::Verdict;

use crate::manifest::{Manifest, Milestone, sentence};
use crate::outcome::{CheckOutcome, total};

/// For what leads the eye.
pub const BOLD: Style = Style::new().bold();
/// For what is there if one looks for it.
pub const DIM: Style = Style::new().dimmed();

/// The colour of a verdict.
#[must_use]
pub fn style(verdict: Verdict) -> Style {
    let color = match verdict {
        Verdict::Pass => AnsiColor::Green,
        Verdict::NotRun => AnsiColor::Yellow,
        Verdict::GraderError => AnsiColor::Magenta,
        Verdict::Fail | Verdict::Hang | Verdict::Crash | Verdict::Leak => AnsiColor::Red,
    };
    color.on_default()
}

/// The line above a milestone's checks.
#[must_use]
pub fn milestone_line(milestone: &Milestone) -> String {
    format!("{BOLD}{} {}{BOLD:#}", milestone.id, milestone.title)
}

/// A finished check: its sentence and verdict, and if it failed, why and how to see it again.
#[must_use]
pub fn check_lines(lab: &str, outcome: &CheckOutcome, with_text: bool) -> String {
    let style = style(outcome.verdict);
    let points = format!("{}/{}", outcome.points, outcome.max);
    let mut out =
        format!("  {style}{:<12}{style:#} {points:>5}  {}", outcome.verdict.word(), sentence(&outcome.check));
    if with_text && outcome.verdict != Verdict::Pass {
        // The referee names sentence and seed for those who read a log; here they stand already.
        let known = [format!("wanted: {}", sentence(&outcome.check)), format!("seed: {}", outcome.seed)];
        for line in outcome.text.lines().filter(|line| !known.iter().any(|known| known == line)) {
            // Writing to a String cannot fail.
            let _ = write!(out, "\n  {DIM}|{DIM:#} {}", printable(line));
        }
        let _ = write!(
            out,
            "\n  {DIM}| again: cargo xtask check {lab} {} --seed {}{DIM:#}",
            outcome.check, outcome.seed
        );
    }
    out
}

/// What a program printed may hold escape sequences; the screen gets them as text.
fn printable(line: &str) -> String {
    let shown =
        |c: char| if c.is_control() && c != '\t' { c.escape_default().to_string() } else { c.to_string() };
    line.chars().map(shown).collect()
}

/// The table of milestones with their points.
#[must_use]
pub fn summary(manifest: &Manifest, outcomes: &[CheckOutcome]) -> String {
    let mut out = String::new();
    for milestone in &manifest.milestones {
        let own: Vec<CheckOutcome> = outcomes
            .iter()
            .filter(|outcome| milestone.checks.iter().any(|check| check.name == outcome.check))
            .cloned()
            .collect();
        if own.is_empty() {
            continue;
        }
        let (earned, max, _) = total(&own);
        let _ = writeln!(out, "  {:<4} {:<40} {earned:>3} / {max}", milestone.id, milestone.title);
    }
    let (earned, max, is_unfinished) = total(outcomes);
    let _ = write!(out, "  {BOLD}{:<45} {earned:>3} / {max}{BOLD:#}", "points");
    let counts = counts(outcomes);
    let _ = write!(out, "\n  {counts}");
    if is_unfinished {
        let _ = write!(out, "\n  A grader error is our fault and not yours; please report it.");
    }
    out
}

/// `12 pass, 3 fail, 1 hang`.
fn counts(outcomes: &[CheckOutcome]) -> String {
    use Verdict::{Crash, Fail, GraderError, Hang, Leak, NotRun, Pass};
    let counted = [Pass, Fail, Hang, Crash, Leak, NotRun, GraderError].map(|verdict| {
        let count = outcomes.iter().filter(|outcome| outcome.verdict == verdict).count();
        (count > 0).then(|| format!("{count} {}", verdict.word()))
    });
    counted.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What to do next.
#[must_use]
pub fn next(manifest: &Manifest, outcomes: &[CheckOutcome], is_whole: bool) -> String {
    let is_open = |outcome: &&CheckOutcome| !matches!(outcome.verdict, Verdict::Pass | Verdict::GraderError);
    let failed = outcomes.iter().find(is_open);
    match failed.and_then(|outcome| manifest.milestone_of(&outcome.check).map(|m| (outcome, m))) {
        Some((outcome, milestone)) => format!(
            "next: cargo xtask hint {id} {milestone}\n      cargo xtask explain {check}",
            id = manifest.id,
            milestone = milestone.id,
            check = outcome.check
        ),
        None if !is_whole => format!("next: cargo xtask check {}", manifest.id),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anstream::adapter::strip_str;

    fn outcome(verdict: Verdict, text: &str) -> CheckOutcome {
        let points = if verdict == Verdict::Pass { 3 } else { 0 };
        let check = "m2_pipe::the_reader_sees_the_end".to_owned();
        CheckOutcome {
            check,
            points,
            max: 3,
            verdict,
            text: text.to_owned(),
            detail: String::new(),
            seed: 7,
            millis: 1,
        }
    }

    #[test]
    fn a_passed_check_is_one_line() {
        let shown = check_lines("01", &outcome(Verdict::Pass, ""), true);
        assert_eq!(strip_str(&shown).to_string(), "  pass           3/3  the reader sees the end");
    }

    #[test]
    fn a_failed_check_says_why_and_how_to_repeat_it() {
        let shown = check_lines(
            "01",
            &outcome(
                Verdict::Fail,
                "wanted: the reader sees the end\nexpected x\n\u{1b}[2Jreceived y\nseed: 7",
            ),
            true,
        );
        let expected = "  fail           0/3  the reader sees the end
  | expected x
  | \\u{1b}[2Jreceived y
  | again: cargo xtask check 01 m2_pipe::the_reader_sees_the_end --seed 7";
        assert_eq!(strip_str(&shown).to_string(), expected);
    }
}
