//! Each member in a line. Pure.

use maud::{Markup, html};

use super::{Beside, link_to, total};
use crate::manifest::sentence;
use crate::report::clusters::is_missed;
use crate::report::{grades, number};
use crate::score::{LabResults, Member};
use crate::text::one_line;

pub(super) fn table(results: &LabResults, beside: &Beside<'_>) -> Markup {
    html! {
        section id="members" {
            h2 { "Members" }
            div.wide tabindex="0" role="region" aria-label="Members" {
                table.plain {
                    thead {
                        tr {
                            th scope="col" { "member" }
                            th.number scope="col" { "total" br; small { "/" (results.head.max()) } }
                            @if beside.has_policy() { th.number scope="col" { "grade" } }
                            @for milestone in &results.head.milestones {
                                th.number scope="col" title=(milestone.title) {
                                    (milestone.id) br; small { "/" (milestone.max) }
                                }
                            }
                            th scope="col" { "what happened" }
                        }
                    }
                    tbody { @for (at, member) in results.members.iter().enumerate() { (row(at, member, results, beside)) } }
                }
            }
        }
    }
}

fn row(at: usize, member: &Member, results: &LabResults, beside: &Beside<'_>) -> Markup {
    html! {
        tr {
            th.name scope="row" { (link_to(results, at)) }
            td.number { b { (total(member)) } }
            @if beside.has_policy() { td.number { b { (grade(at, beside)) } } }
            @for score in &member.milestones {
                td.number.less[score.points + score.undecided < score.max] { (number(score.points, score.undecided)) }
            }
            td.happened { (happened(at, member)) }
        }
    }
}

/// What counts; nothing of a member of whom the policy says nothing.
fn grade(at: usize, beside: &Beside<'_>) -> String {
    beside.grades.get(&at).map_or_else(String::new, |score| grades::lab_with_mark(score))
}

/// The sentence, and where to begin to read.
fn happened(number: usize, member: &Member) -> Markup {
    let first = member.checks.iter().enumerate().find(|(_, check)| is_missed(check.verdict));
    html! {
        (one_line(&member.summary, 200))
        @if let (true, Some((at, check))) = (member.was_run(), first) {
            " First missed: " a href={ "#s" (number) "-" (at) } { (sentence(&check.check)) } "."
        }
        @if let Some(expectation) = member.expectation.as_ref().filter(|expectation| !expectation.met) {
            " " b { (expectation.text) }
        }
        @if !member.entry.notes.is_empty() { " " a href={ "#s" (number) } { "Files were ignored." } }
    }
}
