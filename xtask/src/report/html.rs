//! `report.html`: one file without any outside resource and without a script. How the class did, a heat map
//! of members and checks, what each check is, then a section for each member. Pure.

mod checks;
mod map;
mod marks;
mod members;
mod student;

use maud::{Markup, html};
use sandbox::protocol::Verdict;

use crate::page::document;
use crate::score::{CheckInfo, Member, Milestone, Results};
use crate::text::one_line;

const STYLE: &str = include_str!("html/style.css");

/// The page.
#[must_use]
pub fn render(results: &Results) -> String {
    let title = format!("Lab {}: {}", results.head.lab, results.head.title);
    let body = html! {
        header {
            h1 id="top" { (title) }
            (circumstances(results))
            (contents())
        }
        main { (parts(results)) }
    };
    document(&title, STYLE, &body)
}

fn parts(results: &Results) -> Markup {
    let columns = columns(results);
    html! {
        (map::section(results, &columns))
        (checks::most_missed(results, &columns))
        (checks::list(results, &columns))
        (members::table(results))
        @for (number, member) in results.members.iter().enumerate() {
            (student::section(number, member, results, &columns))
        }
    }
}

fn contents() -> Markup {
    html! {
        nav aria-label="Parts of this page" {
            a href="#map" { "Heat map" } " " a href="#missed" { "Most missed" } " "
            a href="#checks" { "Checks" } " " a href="#members" { "Members" }
        }
    }
}

fn circumstances(results: &Results) -> Markup {
    let head = &results.head;
    html! {
        p { (members::in_short(results)) }
        p.small {
            "Graded " (head.started.replacen('T', " ", 1).replace('Z', " UTC")) ". Sandbox: " (head.level)
            "; memory: " (head.memory_guard) "; seed " (head.seed) "; " (head.toolchain) "."
        }
        @if !results.complete {
            p.warning { "Not complete: some points are undecided (grader error, or interrupted). They are not lost." }
        }
        @for note in &head.notes { p.warning { (one_line(note, 500)) } }
    }
}

/// A check, as a column of the map.
struct Column<'a> {
    /// Its place among all checks.
    at: usize,
    milestone: &'a Milestone,
    /// Its place in the milestone, from 1.
    number: usize,
    check: &'a CheckInfo,
}

impl Column<'_> {
    /// The short name: `m3.2`.
    fn label(&self) -> String {
        format!("{}.{}", self.milestone.id, self.number)
    }

    /// The whole: `m3.2: two hundred stages pass the data on (2 points)`.
    fn words(&self) -> String {
        format!("{}: {} ({})", self.label(), self.check.sentence, points(self.check.max))
    }
}

fn columns(results: &Results) -> Vec<Column<'_>> {
    let all = results.head.milestones.iter().flat_map(|milestone| {
        milestone.checks.iter().enumerate().map(move |(number, check)| (milestone, number + 1, check))
    });
    let column = |(at, (milestone, number, check))| Column { at, milestone, number, check };
    all.enumerate().map(column).collect()
}

/// The points to be earned.
fn max(results: &Results) -> u32 {
    results.head.milestones.iter().map(|milestone| milestone.max).sum()
}

fn points(number: u32) -> String {
    format!("{number} point{}", if number == 1 { "" } else { "s" })
}

fn total(member: &Member) -> String {
    number(member.total, member.undecided)
}

/// `5`, or `3+2?` when two points are undecided.
fn number(points: u32, undecided: u32) -> String {
    match undecided {
        0 => points.to_string(),
        undecided => format!("{points}+{undecided}?"),
    }
}

/// Whether a check speaks against the program.
fn is_missed(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Hang | Verdict::Crash | Verdict::Leak)
}

/// Whether there was a program to check.
fn was_run(member: &Member) -> bool {
    member.entry.refused.is_none() && member.compile_error.is_none()
}

#[cfg(test)]
mod tests;
