//! The heat map: a row a member, a column a check. Each mark that is no pass leads to its text. Pure.

use maud::{Markup, html};
use sandbox::protocol::Verdict;

use super::marks::{class, legend, mark};
use super::{Column, total};
use crate::outcome::CheckOutcome;
use crate::score::{LabResults, Member};
use crate::text::one_line;

pub(super) fn section(results: &LabResults, columns: &[Column<'_>]) -> Markup {
    let absent = results.members.iter().filter(|member| member.is_absent()).count();
    html! {
        section id="map" aria-labelledby="map-title" {
            h2 id="map-title" { "Heat map" }
            (legend())
            @if absent > 0 { p.small { "Without those who handed nothing in: " (absent) "." } }
            a.skip href="#clusters" { "Skip the heat map" }
            div.map tabindex="0" role="region" aria-labelledby="map-title" {
                table {
                    (head(results, columns))
                    tbody {
                        @for (number, member) in results.members.iter().enumerate() {
                            @if !member.is_absent() { (row(number, member, columns)) }
                        }
                    }
                }
            }
        }
    }
}

fn head(results: &LabResults, columns: &[Column<'_>]) -> Markup {
    html! {
        thead {
            tr {
                th.name rowspan="2" scope="col" { "member" }
                th.total rowspan="2" scope="col" { "total" br; small { "/" (results.head.max()) } }
                @for milestone in &results.head.milestones {
                    th.first colspan=(milestone.checks.len()) scope="colgroup"
                        title={ (milestone.title) " (" (milestone.max) " points)" } {
                        (milestone.id) " " small { "/" (milestone.max) }
                    }
                }
            }
            tr {
                @for column in columns {
                    @let words = column.words();
                    th.first[column.number == 1] scope="col" {
                        a href={ "#c" (column.at) } title=(words) aria-label=(words) { (column.number) }
                    }
                }
            }
        }
    }
}

fn row(number: usize, member: &Member, columns: &[Column<'_>]) -> Markup {
    let name = one_line(&member.entry.name, 200);
    html! {
        tr id={ "r" (number) } {
            th.name scope="row" { a href={ "#s" (number) } title=(name) { (name) } }
            td.total { (total(member)) }
            @for (column, check) in columns.iter().zip(&member.checks) { (cell(number, member, column, check)) }
        }
    }
}

fn cell(number: usize, member: &Member, column: &Column<'_>, check: &CheckOutcome) -> Markup {
    let words = format!("{}: {}", column.words(), check.verdict.word());
    let at = column.at;
    html! {
        td.(class(check.verdict)).first[column.number == 1] {
            @if check.verdict == Verdict::Pass {
                span title=(words) { (mark(check.verdict)) }
            } @else if member.was_run() {
                a id={ "r" (number) "-" (at) } href={ "#s" (number) "-" (at) } title=(words) aria-label=(words) {
                    (mark(check.verdict))
                }
            } @else {
                // One text says why none of them ran; a link in each cell would only be in the way of the Tab key.
                span title=(words) { (mark(check.verdict)) }
            }
        }
    }
}
