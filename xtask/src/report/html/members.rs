//! The class in a sentence, and each member in a line. Pure.

use maud::{Markup, html};

use super::{is_missed, max, number, total, was_run};
use crate::manifest::sentence;
use crate::score::{Member, Results};
use crate::text::one_line;

/// `72 members; median 97 of 100 points; 3 have all points; 1 did not compile.`
pub(super) fn in_short(results: &Results) -> String {
    let members = &results.members;
    let count = |is: &dyn Fn(&Member) -> bool, words: &str| {
        let count = members.iter().filter(|member| is(member)).count();
        (count > 0).then(|| format!("{count} {words}"))
    };
    let plural = if members.len() == 1 { "" } else { "s" };
    let parts = [
        Some(format!("{} member{plural}", members.len())),
        median(members).map(|median| format!("median {median} of {} points", max(results))),
        count(&|member| member.total == max(results), "with all points"),
        count(&|member| member.entry.refused.is_none() && member.compile_error.is_some(), "did not compile"),
        count(&|member| member.entry.refused.is_some(), "not graded"),
        count(&|member| member.undecided > 0, "with undecided points"),
        count(&|member| member.expectation.as_ref().is_some_and(|e| !e.met), "NOT AS EXPECTED"),
    ];
    format!("{}.", parts.into_iter().flatten().collect::<Vec<_>>().join("; "))
}

/// Of an even number the lower one of the middle, so that it is somebody's total.
fn median(members: &[Member]) -> Option<u32> {
    let mut totals: Vec<u32> = members.iter().map(|member| member.total).collect();
    totals.sort_unstable();
    totals.get(totals.len().checked_sub(1)? / 2).copied()
}

pub(super) fn table(results: &Results) -> Markup {
    html! {
        section id="members" {
            h2 { "Members" }
            div.wide tabindex="0" role="region" aria-label="Members" {
                table.plain {
                    thead {
                        tr {
                            th scope="col" { "member" }
                            th.number scope="col" { "total" br; small { "/" (max(results)) } }
                            @for milestone in &results.head.milestones {
                                th.number scope="col" title=(milestone.title) {
                                    (milestone.id) br; small { "/" (milestone.max) }
                                }
                            }
                            th scope="col" { "what happened" }
                        }
                    }
                    tbody { @for (at, member) in results.members.iter().enumerate() { (row(at, member)) } }
                }
            }
        }
    }
}

fn row(at: usize, member: &Member) -> Markup {
    html! {
        tr {
            th.name scope="row" { a href={ "#s" (at) } { (one_line(&member.entry.name, 60)) } }
            td.number { b { (total(member)) } }
            @for score in &member.milestones {
                td.number.less[score.points + score.undecided < score.max] { (number(score.points, score.undecided)) }
            }
            td.happened { (happened(at, member)) }
        }
    }
}

/// The sentence, and where to begin to read.
fn happened(number: usize, member: &Member) -> Markup {
    let first = member.checks.iter().enumerate().find(|(_, check)| is_missed(check.verdict));
    html! {
        (one_line(&member.summary, 200))
        @if let (true, Some((at, check))) = (was_run(member), first) {
            " First missed: " a href={ "#s" (number) "-" (at) } { (sentence(&check.check)) } "."
        }
        @if let Some(expectation) = member.expectation.as_ref().filter(|expectation| !expectation.met) {
            " " b { (expectation.text) }
        }
        @if !member.entry.notes.is_empty() { " " a href={ "#s" (number) } { "Files were ignored." } }
    }
}
