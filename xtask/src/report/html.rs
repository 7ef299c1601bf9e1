//! `report.html`, without any outside resource and without a script. Pure.
//!
//! A lab's page tells whom to look at first and how the class did, shows a heat map of members and checks, who failed in the
//! same way, and what each check is, then has a section for each member, from which a way leads to the sheet that the
//! member gets. A run of one lab is that page. With several, `report.html` has a row for each student and
//! leads to a page for each lab: a class of 200 in 8 labs is some tens of megabytes, which no browser likes in one
//! page, and who teaches lab 3 wants lab 3.

mod attention;
mod checks;
mod clusters;
mod map;
mod marks;
mod members;
mod overview;
mod spread;
mod student;

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::page::document;
use crate::report::{HTML, feedback, graded_at, number};
use crate::score::{CheckInfo, LabResults, Member, Milestone, Results, Run, class_in_short};
use crate::similar;
use crate::text::one_line;
pub(super) use marks::marked;

pub(super) const STYLE: &str = include_str!("html/style.css");

/// The sheet of each student: its path by name.
type Sheets<'a> = BTreeMap<&'a str, String>;

/// The pages with their file names. `has_similar` tells that the page of similar code is beside them.
#[must_use]
pub fn pages(results: &Results, has_similar: bool) -> Vec<(String, String)> {
    let others = |is_one_of_several| {
        html! {
            @if is_one_of_several { a href=(HTML) { "All labs" } " " }
            @if has_similar { a href=(similar::HTML) { "Similar code" } " " }
        }
    };
    let sheets = feedback::pages(results);
    if let [lab] = results.labs.as_slice() {
        return vec![(HTML.to_owned(), page(lab, &results.run, &others(false), &sheets))];
    }
    let mut pages = vec![(HTML.to_owned(), overview::page(results, &others(false), &sheets))];
    let others = others(true);
    let of_lab = |lab: &LabResults| (file(&lab.head.lab), page(lab, &results.run, &others, &sheets));
    pages.extend(results.labs.iter().map(of_lab));
    pages
}

/// The name of a lab's page, where there are several.
fn file(lab: &str) -> String {
    format!("lab-{lab}.html")
}

fn page(results: &LabResults, run: &Run, others: &Markup, sheets: &Sheets<'_>) -> String {
    let title = format!("Lab {}: {}", results.head.lab, results.head.title);
    let body = html! {
        header {
            h1 id="top" { (title) }
            p { (class_in_short(results)) }
            (circumstances(run, results.complete))
            (contents(results, others))
        }
        main { (parts(results, sheets)) }
    };
    document(&title, STYLE, &body)
}

fn parts(results: &LabResults, sheets: &Sheets<'_>) -> Markup {
    let columns = columns(results);
    html! {
        (attention::section(results))
        (spread::section(results))
        (map::section(results, &columns))
        (clusters::section(results, &columns))
        (checks::most_missed(results, &columns))
        (checks::list(results, &columns))
        (members::table(results))
        @for (number, member) in results.members.iter().enumerate() {
            @let sheet = sheets.get(member.entry.name.as_str());
            (student::section(number, member, results, &columns, sheet))
        }
    }
}

/// The way to the parts of a lab's page; before it, to the other pages.
fn contents(results: &LabResults, others: &Markup) -> Markup {
    let needs_a_look = !crate::report::attention::of(results).is_empty();
    html! {
        nav aria-label="Parts of this page" {
            (others)
            @if needs_a_look { a href="#attention" { "Look at these first" } " " }
            a href="#totals" { "Totals" } " " a href="#map" { "Heat map" } " "
            a href="#clusters" { "Failed in the same way" } " " a href="#missed" { "Most missed" } " "
            a href="#checks" { "Checks" } " " a href="#members" { "Members" }
        }
    }
}

fn circumstances(run: &Run, is_complete: bool) -> Markup {
    html! {
        p.small {
            "Graded " (graded_at(run)) ". Sandbox: " (run.level)
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

/// The member's name, which leads to the section.
fn link_to(results: &LabResults, at: usize) -> Markup {
    html! { a href={ "#s" (at) } { (one_line(&results.members[at].entry.name, 60)) } }
}

fn points(number: u32) -> String {
    format!("{number} point{}", if number == 1 { "" } else { "s" })
}

fn total(member: &Member) -> String {
    number(member.total, member.undecided)
}

#[cfg(test)]
mod tests;
