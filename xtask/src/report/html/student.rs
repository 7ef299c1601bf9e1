//! One member's section: what happened, what was ignored, each check that did not pass. Pure.

use maud::{Markup, html};
use sandbox::protocol::Verdict;

use super::marks::marked;
use super::{Beside, Column, total};
use crate::outcome::CheckOutcome;
use crate::page::spans;
use crate::report::{grades, number as shown};
use crate::score::{LabResults, Member};
use crate::text::{one_line, printable};

pub(super) fn section(
    number: usize,
    member: &Member,
    results: &LabResults,
    columns: &[Column<'_>],
    beside: &Beside<'_>,
) -> Markup {
    html! {
        section.member id={ "s" (number) } aria-labelledby={ "h" (number) } {
            h2 id={ "h" (number) } {
                (one_line(&member.entry.name, 200)) " " small {
                    (total(member)) " / " (results.head.max())
                    @if let Some(score) = beside.grades.get(&number) { ", grade " (grades::lab_with_mark(score)) }
                }
            }
            p { (printable(&member.summary, 4, 1000)) }
            @for cause in &member.likely { p.likely { (spans(cause)) } }
            @if let Some(expectation) = &member.expectation {
                p.warning[!expectation.met] { "Sample class: " (expectation.text) }
            }
            @if !member.entry.notes.is_empty() {
                ul { @for note in &member.entry.notes { li { (one_line(note, 300)) } } }
            }
            p.points {
                @for milestone in &member.milestones {
                    span { (milestone.id) " " (shown(milestone.points, milestone.undecided)) "/" (milestone.max) } " "
                }
            }
            @if let Some(error) = &member.compile_error { pre { (printable(error, 60, 8192)) } }
            @if member.was_run() {
                @for (column, check) in columns.iter().zip(&member.checks) {
                    @if check.verdict != Verdict::Pass { (failure(number, column, check)) }
                }
            }
            p.back {
                @if !member.is_absent() { a href={ "#r" (number) } { "back to the map" } " " }
                a href="#members" { "to the members" } " "
                @if let Some(sheet) = beside.sheets.get(member.entry.name.as_str()) { a href=(sheet) { "what this member gets" } }
            }
        }
    }
}

fn failure(number: usize, column: &Column<'_>, check: &CheckOutcome) -> Markup {
    let id = format!("{number}-{}", column.at);
    html! {
        article id={ "s" (id) } {
            h3 {
                (marked(check.verdict)) " " (check.verdict.word()) ": " (column.check.sentence) " "
                small { (check.points) " / " (check.max) }
            }
            p.id {
                a href={ "#c" (column.at) } { (column.label()) } " " code { (check.check) } ", seed " (check.seed) " "
                a.back href={ "#r" (id) } { "back to the map" }
            }
            pre { (printable(&check.text, 60, 8192)) }
            @if !check.detail.is_empty() {
                details {
                    summary { "every process at that moment" }
                    pre { (printable(&check.detail, 400, 32768)) }
                }
            }
        }
    }
}
