//! What the columns of the map mean, and which of them most members missed. Pure.

use maud::{Markup, html};
use sandbox::protocol::Verdict;

use super::marks::counted;
use super::{Column, points};
use crate::report::clusters::is_missed;
use crate::score::LabResults;

/// More rows than this are no summary.
const MOST: usize = 12;

pub(super) fn most_missed(results: &LabResults, columns: &[Column<'_>]) -> Markup {
    let checked = results.members.iter().filter(|member| member.was_run()).count();
    let mut missed: Vec<&Column<'_>> = columns.iter().filter(|column| misses(results, column) > 0).collect();
    // Stable: of equals the earlier check is first.
    missed.sort_by_key(|column| std::cmp::Reverse(misses(results, column)));
    html! {
        section id="missed" {
            h2 { "Most missed" }
            @if missed.is_empty() { p { "No check was missed." } }
            @else {
                p { "Members with a program to check: " (checked) "." }
                table.plain {
                    thead { tr { th scope="col" { "missed by" } th scope="col" { "check" } th scope="col" { "how" } } }
                    tbody {
                        @for column in missed.into_iter().take(MOST) {
                            tr {
                                td.number { (misses(results, column)) }
                                td { a href={ "#c" (column.at) } { (column.label()) } " " (column.check.sentence) }
                                td { (counted(verdicts(results, column).filter(|verdict| is_missed(*verdict)))) }
                            }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn list(results: &LabResults, columns: &[Column<'_>]) -> Markup {
    html! {
        section id="checks" {
            h2 { "Checks" }
            div.checks {
                @for milestone in &results.head.milestones {
                    div {
                        h3 { (milestone.id) ": " (milestone.title) " " small { (points(milestone.max)) } }
                        ol {
                            @for column in columns.iter().filter(|column| column.milestone.id == milestone.id) {
                                (line(results, column))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn line(results: &LabResults, column: &Column<'_>) -> Markup {
    let misses = misses(results, column);
    html! {
        li id={ "c" (column.at) } {
            (column.check.sentence) " "
            small { (points(column.check.max)) @if misses > 0 { ", missed by " (misses) } }
        }
    }
}

fn verdicts<'a>(results: &'a LabResults, column: &Column<'_>) -> impl Iterator<Item = Verdict> + Clone + 'a {
    let at = column.at;
    let ran = results.members.iter().filter(|member| member.was_run());
    ran.filter_map(move |member| member.checks.get(at)).map(|check| check.verdict)
}

fn misses(results: &LabResults, column: &Column<'_>) -> usize {
    verdicts(results, column).filter(|verdict| is_missed(*verdict)).count()
}
