//! One student's section: what happened, what was ignored, each check that did not pass. Pure.

use maud::{Markup, html};
use sandbox::protocol::Verdict;

use super::{class, mark, total};
use crate::manifest::sentence;
use crate::outcome::CheckOutcome;
use crate::score::{Member, Results};
use crate::text::{one_line, printable};

pub(super) fn section(number: usize, member: &Member, results: &Results) -> Markup {
    let max: u32 = results.head.milestones.iter().map(|milestone| milestone.max).sum();
    html! {
        section id={ "s" (number) } aria-labelledby={ "h" (number) } {
            h2 id={ "h" (number) } { (one_line(&member.entry.name, 200)) " " small { (total(member)) " / " (max) } }
            p { (printable(&member.summary, 4, 1000)) }
            @if let Some(expectation) = &member.expectation {
                p.warning[!expectation.met] { "Sample class: " (expectation.text) }
            }
            @if !member.entry.notes.is_empty() {
                ul { @for note in &member.entry.notes { li { (one_line(note, 300)) } } }
            }
            p.points {
                @for milestone in &member.milestones {
                    span { (milestone.id) " " (milestone.points) "/" (milestone.max) } " "
                }
            }
            @if let Some(error) = &member.compile_error { pre { (printable(error, 60, 8192)) } }
            @else if member.entry.refused.is_none() {
                @for (at, check) in member.checks.iter().enumerate() {
                    @if check.verdict != Verdict::Pass { (failure(number, at, check)) }
                }
            }
            p { a href="#top" { "to the top" } }
        }
    }
}

fn failure(number: usize, at: usize, check: &CheckOutcome) -> Markup {
    html! {
        article id={ "s" (number) "-" (at) } {
            h3 {
                span class={ "mark " (class(check.verdict)) } { (mark(check.verdict)) }
                " " (check.verdict.word()) ": " (sentence(&check.check)) " "
                small { (check.points) " / " (check.max) }
            }
            p.id { code { (check.check) } ", seed " (check.seed) }
            pre { (printable(&check.text, 60, 8192)) }
        }
    }
}
