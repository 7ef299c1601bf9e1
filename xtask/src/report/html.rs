//! `report.html`, without any outside resource and without a script. Pure.
//!
//! A lab's page tells whom to look at first and how the class did, shows a heat map of members and checks, who failed in the
//! same way, and what each check is, then has a section for each member, from which a way leads to the sheet that the
//! member gets. A run of one lab is that page. With several, `report.html` has a row for each student and
//! leads to a page for each lab: a class of 200 in 8 labs is some tens of megabytes, which no browser likes in one
//! page, and who teaches lab 3 wants lab 3.

mod alike;
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
use crate::score::{CheckInfo, LabResults, LabScore, Member, Milestone, Results, Run, class_in_short};
use crate::similar::{self, summary::Similar};
use crate::text::one_line;
pub(super) use marks::marked;

pub(super) const STYLE: &str = include_str!("html/style.css");

/// The sheet of each student: its path by name.
type Sheets<'a> = BTreeMap<&'a str, String>;

/// What the page of a lab has from the rest of the run.
struct Beside<'a> {
    run: &'a Run,
    /// The way to the other pages.
    others: &'a Markup,
    sheets: &'a Sheets<'a>,
    /// What counts, by the place of the member. Empty without a policy.
    grades: BTreeMap<usize, &'a LabScore>,
    similar: Option<&'a Similar>,
}

impl<'a> Beside<'a> {
    fn has_policy(&self) -> bool {
        !self.grades.is_empty()
    }

    /// The grades in the lab at this place of the run.
    fn grades(results: &'a Results, lab: usize) -> BTreeMap<usize, &'a LabScore> {
        let scores = results.students.iter().filter_map(|student| student.labs.get(lab));
        let graded = scores.filter(|score| score.grade.is_some());
        graded.filter_map(|score| Some((score.member?, score))).collect()
    }
}

/// The pages with their file names, made one after the other. `similar` are the pairs on the page of similar code, if it is
/// beside them.
pub fn pages<'a>(
    results: &'a Results,
    similar: Option<&'a Similar>,
) -> impl Iterator<Item = (String, String)> + 'a {
    let sheets = feedback::pages(results);
    let is_one = results.labs.len() == 1;
    let whole = (!is_one)
        .then(|| (HTML.to_owned(), overview::page(results, &others(false, similar), &sheets, similar)));
    let of_lab = move |(number, lab): (usize, &LabResults)| {
        let others = others(!is_one, similar);
        let grades = Beside::grades(results, number);
        let beside = Beside { run: &results.run, others: &others, sheets: &sheets, grades, similar };
        (if is_one { HTML.to_owned() } else { file(&lab.head.lab) }, page(lab, &beside))
    };
    whole.into_iter().chain(results.labs.iter().enumerate().map(of_lab))
}

fn others(is_one_of_several: bool, similar: Option<&Similar>) -> Markup {
    html! {
        @if is_one_of_several { a href=(HTML) { "All labs" } " " }
        @if similar.is_some() { a href=(similar::HTML) { "Similar code" } " " }
    }
}

/// The name of a lab's page, where there are several.
fn file(lab: &str) -> String {
    format!("lab-{lab}.html")
}

fn page(results: &LabResults, beside: &Beside<'_>) -> String {
    let title = format!("Lab {}: {}", results.head.lab, results.head.title);
    let body = html! {
        header {
            h1 id="top" { (title) }
            p { (class_in_short(results)) }
            (circumstances(beside.run, results.complete))
            (contents(results, beside))
        }
        main id="main" { (parts(results, beside)) }
    };
    document(&title, STYLE, &body)
}

fn parts(results: &LabResults, beside: &Beside<'_>) -> Markup {
    let columns = columns(results);
    html! {
        (attention::section(results))
        (spread::section(results, beside.has_policy()))
        (map::section(results, &columns))
        (clusters::section(results, &columns))
        (alike::section(results, beside.similar))
        (checks::most_missed(results, &columns))
        (checks::list(results, &columns))
        (members::table(results, beside))
        @for (number, member) in results.members.iter().enumerate() {
            (student::section(number, member, results, &columns, beside))
        }
    }
}

/// The way to the parts of a lab's page; before it, to the other pages.
fn contents(results: &LabResults, beside: &Beside<'_>) -> Markup {
    let needs_a_look = !crate::report::attention::of(results).is_empty();
    html! {
           nav aria-label="Parts of this page" {
               (beside.others)
               @if needs_a_look { a href="#attention" { "Look at these first" } " " }
               a href="#totals" { "Totals" } " " a href="#map" { "Heat map" } " "
    a href="#clusters" { "Failed in the same way" } " "
               @if alike::is_told(results, beside.similar) { a href="#alike" { "Most alike" } " " }
               a href="#missed" { "Most missed" } " " a href="#checks" { "Checks" } " " a href="#members" { "Members" }
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
