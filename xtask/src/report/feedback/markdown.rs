//! A student's sheet as Markdown, to be mailed or uploaded. What a student wrote stands in blocks that it cannot end, or is
//! escaped. Pure.

use std::fmt::Write as _;

use super::TOTAL;
use super::sheet::{Failure, Next, Part, Sheet, Work};
use crate::report::formats::fenced;
use crate::report::number;

pub(super) fn render(sheet: &Sheet<'_>) -> String {
    let mut out =
        format!("# {}\n\n**{}.** Graded {}.\n", plain(&sheet.name), sheet.sum, plain(&sheet.graded));
    if sheet.parts.len() > 1 {
        out.push_str(&contents(sheet));
    }
    sheet.parts.iter().for_each(|part| self::part(&mut out, part));
    out
}

/// A row a lab; under a policy with what counts and why.
fn contents(sheet: &Sheet<'_>) -> String {
    let name = |part: &Part<'_>| format!("{} {}", part.lab, plain(part.title));
    if !sheet.has_policy {
        let points = |part: &Part<'_>| format!("{} of {}", part.points(), part.max);
        return table("lab", sheet.parts.iter().map(|part| (name(part), points(part))));
    }
    let row = |part: &Part<'_>| {
        format!(
            "| {} | {} of {} | {} | {} |\n",
            name(part),
            part.raw(),
            part.max,
            part.points(),
            plain(&part.why())
        )
    };
    let rows: String = sheet.parts.iter().map(row).collect();
    format!("\n| lab | points | counts | why |\n|---|--:|--:|---|\n{rows}\n{TOTAL}\n")
}

/// How the grade came about, under a policy.
fn how(part: &Part<'_>) -> String {
    if part.how.is_empty() {
        return String::new();
    }
    let attempt = |([name, at, raw, points], counts): ([String; 4], bool)| {
        let counts = if counts { "counts" } else { "" };
        format!("| {} | {at} | {raw} | {points} | {counts} |\n", plain(&name))
    };
    let attempts: String = part.attempts().map(attempt).collect();
    let attempts = match attempts.as_str() {
        "" => attempts,
        rows => format!("\n| attempt | handed in | points | would count | |\n|---|---|--:|--:|---|\n{rows}"),
    };
    let checks = if part.work.is_some() { "\n### What the checks say\n\n" } else { "" };
    format!("### Your grade\n{}{attempts}{checks}", list(part.how.iter().map(String::as_str)))
}

fn part(out: &mut String, part: &Part<'_>) {
    // Writing to a String cannot fail, here and below.
    let _ =
        writeln!(out, "\n## Lab {}: {} ({} of {})\n", part.lab, plain(part.title), part.points(), part.max);
    out.push_str(&how(part));
    match &part.work {
        // The part of the grade has said so.
        None if !part.how.is_empty() => {}
        None => out.push_str("Nothing was handed in.\n"),
        Some(work) => self::work(out, part, work),
    }
}

fn work(out: &mut String, part: &Part<'_>, work: &Work<'_>) {
    let _ = writeln!(out, "{}", plain(&work.summary));
    for cause in &work.likely {
        let _ = writeln!(out, "\n> {}", plain(cause));
    }
    out.push_str(&list(work.notes.iter().map(String::as_str)));
    if let Some(error) = &work.compile_error {
        let again = format!("cargo xtask check {}", part.lab);
        let _ = writeln!(out, "\n{}\n\nSee it again: `{again}`", fenced(error));
    }
    let rows = work.milestones.iter().map(|(milestone, score)| {
        let points = number(score.points, score.undecided);
        (format!("{} {}", milestone.id, plain(&milestone.title)), format!("{points} of {}", score.max))
    });
    out.push_str(&table("milestone", rows));
    if let Some(next) = &work.next {
        go_on(out, part, next);
    }
    if !work.failures.is_empty() {
        out.push_str("\n### What failed\n");
        work.failures.iter().for_each(|failure| missed(out, part, failure));
    }
    if !work.open.is_empty() {
        out.push_str(
            "\n### Not decided yet\n\n\
             The grader failed here or was interrupted. That is not your fault, and it costs you nothing.\n",
        );
        out.push_str(&list(work.open.iter().map(|check| check.sentence.as_str())));
    }
    if !work.passed.is_empty() {
        let _ = writeln!(out, "\n### What passed: {}", work.passed.len());
        out.push_str(&list(work.passed.iter().map(|check| check.sentence.as_str())));
    }
}

fn go_on(out: &mut String, part: &Part<'_>, next: &Next<'_>) {
    let id = &next.milestone.id;
    let _ = writeln!(out, "\n### Where to go on\n\nMilestone {id}, {}.", plain(&next.milestone.title));
    if let Some(hint) = next.hint {
        // The hint is Markdown already, from the lab's README.
        let _ = writeln!(out, "\n> **Hint 1.** {}", hint.replace('\n', "\n> "));
    }
    let lab = part.lab;
    let _ = writeln!(
        out,
        "\n- `cargo xtask check {lab} {id}` runs its checks\n- `cargo xtask hint {lab} {id}` shows the next hint"
    );
}

fn missed(out: &mut String, part: &Part<'_>, failure: &Failure<'_>) {
    let Failure { place, check, verdict, text, detail, again } = failure;
    let _ = writeln!(
        out,
        "\n#### {}: {} ({place}, 0 of {})\n\n{}",
        verdict.word(),
        plain(&check.sentence),
        check.max,
        fenced(text)
    );
    if let Some(detail) = detail {
        let _ = writeln!(out, "\nEvery process at that moment:\n\n{}", fenced(detail));
    }
    let explain = format!("cargo xtask explain {} {}", part.lab, check.name);
    let _ = writeln!(out, "\n- `{again}` runs it again\n- `{explain}` tells the rule and why");
}

fn table(head: &str, rows: impl Iterator<Item = (String, String)>) -> String {
    let rows: String = rows.map(|(name, points)| format!("| {name} | {points} |\n")).collect();
    format!("\n| {head} | points |\n|---|--:|\n{rows}")
}

fn list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    let items: String = items.map(|item| format!("- {}\n", plain(item))).collect();
    if items.is_empty() { items } else { format!("\n{items}") }
}

/// A line in which nothing is markup.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if "\\`*_[]<>#|~&!".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
