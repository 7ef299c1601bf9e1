//! A student's sheet as Markdown, to be mailed or uploaded. What a student wrote stands in blocks that it cannot end, or is
//! escaped. Pure.

use std::fmt::Write as _;

use super::sheet::{Failure, Next, Part, Sheet, Work};
use crate::report::formats::fenced;
use crate::report::number;

pub(super) fn render(sheet: &Sheet<'_>) -> String {
    let mut out = format!(
        "# {}\n\n**{} of {} points.** Graded {}.\n",
        plain(&sheet.name),
        sheet.points,
        sheet.max,
        plain(&sheet.graded)
    );
    if sheet.parts.len() > 1 {
        let rows = sheet.parts.iter().map(|part| {
            (format!("{} {}", part.lab, plain(part.title)), format!("{} of {}", part.points(), part.max))
        });
        out.push_str(&table("lab", rows));
    }
    sheet.parts.iter().for_each(|part| self::part(&mut out, part));
    out
}

fn part(out: &mut String, part: &Part<'_>) {
    // Writing to a String cannot fail, here and below.
    let _ =
        writeln!(out, "\n## Lab {}: {} ({} of {})\n", part.lab, plain(part.title), part.points(), part.max);
    match &part.work {
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
