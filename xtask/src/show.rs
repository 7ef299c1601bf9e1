//! How a checked lab looks on the screen. Colours are dropped by `anstream` where nobody can see them.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use sandbox::protocol::Verdict;

use crate::causes::{Fit, Likely};
use crate::manifest::{Manifest, Milestone, sentence};
use crate::outcome::{CheckOutcome, total};
use crate::{prose, text};

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

/// How much is told of a failed check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Its sentence and verdict.
    Line,
    /// What a student is asked to read: at most [`ROWS`] rows.
    Text,
    /// All that is known.
    All,
}

/// The longest text of one check, in rows of a screen.
pub const ROWS: usize = 15;

/// A finished check: its sentence and verdict, and if it failed, why, the likely cause, and how to see it again.
#[must_use]
pub fn check_lines(lab: &str, outcome: &CheckOutcome, told: Told, likely: Option<&Likely<'_>>) -> String {
    let style = style(outcome.verdict);
    let points = format!("{}/{}", outcome.points, outcome.max);
    let mut out =
        format!("  {style}{:<12}{style:#} {points:>5}  {}", outcome.verdict.word(), sentence(&outcome.check));
    if told == Told::Line || outcome.verdict == Verdict::Pass {
        return out;
    }
    let mut body = body(outcome);
    let likely = likely_lines(likely, &body);
    let again = format!("again: {}", again(lab, outcome));
    if told == Told::Text {
        let taken = 1 + rows(&again) + likely.iter().map(|line| rows(line)).sum::<usize>();
        body = cut(body, ROWS.saturating_sub(taken));
    }
    let detail = if told == Told::All { detail(outcome) } else { Vec::new() };
    for line in body.iter().chain(&detail).chain(&likely) {
        // Writing to a String cannot fail.
        let _ = write!(out, "\n  {DIM}|{DIM:#} {line}");
    }
    let _ = write!(out, "\n  {DIM}| {again}{DIM:#}");
    out
}

/// The command that runs a check once more on the same challenges.
#[must_use]
pub fn again(lab: &str, outcome: &CheckOutcome) -> String {
    format!("cargo xtask check {lab} {} --seed {}", outcome.check, outcome.seed)
}

/// The text of a failed check, made printable, without what stands on the screen already.
#[must_use]
pub fn body(outcome: &CheckOutcome) -> Vec<String> {
    let head = format!("wanted: {}", sentence(&outcome.check));
    let seed = format!("seed: {}", outcome.seed);
    // The referee names sentence and seed for those who read a log. A case is news.
    let case = outcome.case().map(|case| case.to_owned());
    let rest = outcome.text.lines().filter(|line| !line.starts_with(&head) && *line != seed);
    case.into_iter().chain(rest.map(printable)).collect()
}

/// What stands behind the text, for who wants to know all.
fn detail(outcome: &CheckOutcome) -> Vec<String> {
    let title = (!outcome.detail.is_empty()).then(|| "every process at that moment:".to_owned());
    title.into_iter().chain(outcome.detail.lines().map(|line| format!("  {}", printable(line)))).collect()
}

/// The likely cause. Where the autopsy of a hang says what to do (`fix:`), only a cause that fits in all is added.
fn likely_lines(likely: Option<&Likely<'_>>, body: &[String]) -> Vec<String> {
    let is_explained = body.iter().any(|line| line.starts_with("fix:"));
    let likely = likely.filter(|likely| !is_explained || likely.fit == Fit::Whole);
    likely.map_or_else(Vec::new, |likely| causes(likely, prose::COLUMNS - MARGIN))
}

/// The likely cause of a whole run, before what to do next; empty if the first failure is explained better.
#[must_use]
pub fn likely_of_all(likely: Option<&Likely<'_>>, outcomes: &[CheckOutcome]) -> String {
    let first = outcomes.iter().find(|outcome| outcome.verdict != Verdict::Pass);
    let lines = likely_lines(likely, &first.map_or_else(Vec::new, body));
    lines.join("\n")
}

/// Each cause with its label, broken at `width`.
fn causes(likely: &Likely<'_>, width: usize) -> Vec<String> {
    likely.causes().into_iter().flat_map(|(label, cause)| prose::hang(label, cause, width)).collect()
}

/// The columns before a line of a check's text.
const MARGIN: usize = 4;

/// How many rows a line takes on a small screen.
fn rows(line: &str) -> usize {
    (MARGIN + console::measure_text_width(line)).div_ceil(prose::COLUMNS)
}

/// At most so many rows. The end goes first, but never why it hangs and what to do.
fn cut(mut lines: Vec<String>, most: usize) -> Vec<String> {
    let stays = |line: &String| line.starts_with("why:") || line.starts_with("fix:");
    let total = |lines: &[String]| lines.iter().map(|line| rows(line)).sum::<usize>();
    let before = lines.len();
    if total(&lines) <= most {
        return lines;
    }
    lines.iter_mut().filter(|line| rows(line) > LONG).for_each(|line| *line = shortened(line));
    if total(&lines) <= most {
        // A shortened line says so itself.
        return lines;
    }
    let mut place = lines.len();
    while total(&lines) >= most.max(1)
        && let Some(last) = lines.iter().rposition(|line| !stays(line))
    {
        lines.remove(last);
        place = last;
    }
    let cut = before - lines.len();
    let plural = if cut == 1 { "" } else { "s" };
    lines.insert(place, format!("... {cut} more line{plural}: add --full"));
    lines
}

/// A line of more rows than this is shortened before others are left out.
const LONG: usize = 4;

fn shortened(line: &str) -> String {
    let width = LONG * prose::COLUMNS - MARGIN;
    console::truncate_str(line, width, "… (add --full)").into_owned()
}

/// What a program printed may hold escape sequences; the screen gets them as text.
fn printable(line: &str) -> String {
    text::one_line(line, usize::MAX)
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
        None if !is_whole => match after(manifest, outcomes) {
            Some(milestone) => format!("next: cargo xtask check {} {}", manifest.id, milestone.id),
            None => format!("next: cargo xtask check {}", manifest.id),
        },
        None => String::new(),
    }
}

/// The milestone after the one whose checks these are, all of them.
fn after<'a>(manifest: &'a Manifest, outcomes: &[CheckOutcome]) -> Option<&'a Milestone> {
    let is_there = |name: &str| outcomes.iter().any(|outcome| outcome.check == name);
    let place = manifest
        .milestones
        .iter()
        .rposition(|milestone| milestone.checks.iter().all(|check| is_there(&check.name)))?;
    manifest.milestones.get(place + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::causes::Bug;
    use anstream::adapter::strip_str;
    use std::collections::BTreeMap;

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

    fn shown(outcome: &CheckOutcome, told: Told, likely: Option<&Likely<'_>>) -> String {
        strip_str(&check_lines("01", outcome, told, likely)).to_string()
    }

    #[test]
    fn a_passed_check_is_one_line() {
        let shown = shown(&outcome(Verdict::Pass, ""), Told::All, None);
        assert_eq!(shown, "  pass           3/3  the reader sees the end");
    }

    const TEXT: &str =
        "wanted: the reader sees the end (case 2 late)\nexpected x\n\u{1b}[2Jreceived y\nseed: 7";

    #[test]
    fn a_failed_check_says_why_and_how_to_repeat_it() {
        let expected = "  fail           0/3  the reader sees the end
  | case 2 late
  | expected x
  | \\u{1b}[2Jreceived y
  | again: cargo xtask check 01 m2_pipe::the_reader_sees_the_end --seed 7";
        assert_eq!(shown(&outcome(Verdict::Fail, TEXT), Told::Text, None), expected);
    }

    fn bug(name: &str, cause: &str) -> Bug {
        Bug { name: name.to_owned(), cause: cause.to_owned(), fails: BTreeMap::new() }
    }

    #[test]
    fn the_likely_cause_stands_before_the_command() {
        let one =
            bug("one", "psh still holds the write end of the pipe, so the reader never sees end of file.");
        let other = bug("other", "Or psh does something else.");
        let likely = Likely { bugs: vec![&one, &other], fit: Fit::Either };
        let expected = "  fail           0/3  the reader sees the end
  | case 2 late
  | expected x
  | \\u{1b}[2Jreceived y
  | likely: psh still holds the write end of the pipe, so the reader never sees
  |         end of file.
  | or:     Or psh does something else.
  | again: cargo xtask check 01 m2_pipe::the_reader_sees_the_end --seed 7";
        assert_eq!(shown(&outcome(Verdict::Fail, TEXT), Told::Text, Some(&likely)), expected);
    }

    #[test]
    fn an_autopsy_has_the_first_word() {
        let one = bug("one", "psh still holds the write end.");
        let hang = outcome(Verdict::Hang, "sort waits\nwhy: a circle\nfix: close fd 5");
        let told =
            |fit| shown(&hang, Told::Text, Some(&Likely { bugs: vec![&one], fit })).contains("likely:");
        assert_eq!([Fit::Whole, Fit::Part].map(told), [true, false]);
    }

    #[test]
    fn after_a_whole_milestone_comes_the_next_one() {
        let manifest = crate::progress::tests::manifest();
        let passed = |check: &str| CheckOutcome { check: check.to_owned(), ..outcome(Verdict::Pass, "") };
        let told = |checks: &[&str]| {
            next(&manifest, &checks.iter().map(|check| passed(check)).collect::<Vec<_>>(), false)
        };
        assert_eq!(told(&["m1_first::a", "m1_first::b"]), "next: cargo xtask check 01 m2");
        assert_eq!(told(&["m1_first::a"]), "next: cargo xtask check 01");
        assert_eq!(told(&["m2_second::c"]), "next: cargo xtask check 01");
    }

    #[test]
    fn what_stands_behind_a_text_is_shown_to_who_asks_for_all() {
        let mut hang = outcome(Verdict::Hang, "sort waits");
        hang.detail = "open in sort:\n  stdin: read end of pipe A".to_owned();
        let all =
            "  | every process at that moment:\n  |   open in sort:\n  |     stdin: read end of pipe A\n";
        assert!(shown(&hang, Told::All, None).contains(all));
        assert!(!shown(&hang, Told::Text, None).contains("pipe A"));
    }

    #[test]
    fn a_text_has_at_most_fifteen_rows_and_keeps_what_helps_most() {
        let lines: String = (0..20).map(|n| format!("line {n} {}\n", "x".repeat(60))).collect();
        let hang = outcome(Verdict::Hang, &format!("{lines}why: a circle\nfix: close fd 5"));
        let text = shown(&hang, Told::Text, None);
        assert!(text.lines().count() <= ROWS, "{text}");
        let end = "  | ... 10 more lines: add --full
  | why: a circle
  | fix: close fd 5
  | again: cargo xtask check 01 m2_pipe::the_reader_sees_the_end --seed 7";
        assert!(text.ends_with(end), "{text}");
        assert!(shown(&hang, Told::All, None).contains("line 19"));
        let long = outcome(Verdict::Fail, &"y".repeat(80 * 20));
        let cut = shown(&long, Told::Text, None);
        assert!(
            cut.contains("  | yyyy") && cut.contains("… (add --full)") && !cut.contains("0 more"),
            "{cut}"
        );
    }
}
