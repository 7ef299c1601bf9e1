//! `report.html`, without any outside resource and without a script. Pure.
//!
//! A lab's page tells how the class did, shows a heat map of members and checks and what each check is, then has a
//! section for each member. A run of one lab is that page. With several, `report.html` has a row for each student and
//! leads to a page for each lab: a class of 200 in 8 labs is some tens of megabytes, which no browser likes in one
//! page, and who teaches lab 3 wants lab 3.

mod checks;
mod map;
mod marks;
mod members;
mod overview;
mod student;

use maud::{Markup, html};
use sandbox::protocol::Verdict;

use crate::page::document;
use crate::report::HTML;
use crate::score::{CheckInfo, LabResults, Member, Milestone, Results, Run, class_in_short};
use crate::similar;
use crate::text::one_line;

const STYLE: &str = include_str!("html/style.css");

/// The pages with their file names. `has_similar` tells that the page of similar code is beside them.
#[must_use]
pub fn pages(results: &Results, has_similar: bool) -> Vec<(String, String)> {
    let others = |is_one_of_several| {
        html! {
            @if is_one_of_several { a href=(HTML) { "All labs" } " " }
            @if has_similar { a href=(similar::HTML) { "Similar code" } " " }
        }
    };
    if let [lab] = results.labs.as_slice() {
        return vec![(HTML.to_owned(), page(lab, &results.run, &others(false)))];
    }
    let mut pages = vec![(HTML.to_owned(), overview::page(results, &others(false)))];
    let others = others(true);
    pages.extend(results.labs.iter().map(|lab| (file(&lab.head.lab), page(lab, &results.run, &others))));
    pages
}

/// The name of a lab's page, where there are several.
fn file(lab: &str) -> String {
    format!("lab-{lab}.html")
}

fn page(results: &LabResults, run: &Run, others: &Markup) -> String {
    let title = format!("Lab {}: {}", results.head.lab, results.head.title);
    let body = html! {
        header {
            h1 id="top" { (title) }
            p { (class_in_short(results)) }
            (circumstances(run, results.complete))
            (contents(others))
        }
        main { (parts(results)) }
    };
    document(&title, STYLE, &body)
}

fn parts(results: &LabResults) -> Markup {
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

/// The way to the parts of a lab's page; before it, to the other pages.
fn contents(others: &Markup) -> Markup {
    html! {
        nav aria-label="Parts of this page" {
            (others)
            a href="#map" { "Heat map" } " " a href="#missed" { "Most missed" } " "
            a href="#checks" { "Checks" } " " a href="#members" { "Members" }
        }
    }
}

fn circumstances(run: &Run, is_complete: bool) -> Markup {
    html! {
        p.small {
            "Graded " (run.started.replacen('T', " ", 1).replace('Z', " UTC")) ". Sandbox: " (run.level)
            "; memory: " (run.memory_guard) "; seed " (run.seed) "; " (run.toolchain) "."
        }
        @if !is_complete {
            p.warning {
                "Not complete: some points are undecided (the grader failed or was interrupted, or files do not say of "
                "which lab they are). They are not lost."
            }
        }
        @for note in &run.notes { p.warning { (one_line(note, 500)) } }
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

fn columns(results: &LabResults) -> Vec<Column<'_>> {
    let all = results.head.milestones.iter().flat_map(|milestone| {
        milestone.checks.iter().enumerate().map(move |(number, check)| (milestone, number + 1, check))
    });
    let column = |(at, (milestone, number, check))| Column { at, milestone, number, check };
    all.enumerate().map(column).collect()
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

#[cfg(test)]
mod tests;
