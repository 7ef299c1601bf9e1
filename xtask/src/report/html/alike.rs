//! The pairs with most code in common, of a lab that was compared. Pure.
//!
//! A few pairs and no more: whoever reads how a class did should learn here that somebody must be looked at, and decide nothing.
//! What is equal stands on the page of similar code, to which each pair leads, together with the warning that it is no proof.
//! A student's sheet has nothing of it.

use maud::{Markup, html};

use super::link_to;
use crate::report::csv::safe;
use crate::score::LabResults;
use crate::similar::{self, summary::Similar};
use crate::text::one_line;

/// So many pairs are shown; the page of similar code has all.
const MOST: usize = 5;

/// Whether there is anything to tell.
pub(super) fn is_told(results: &LabResults, similar: Option<&Similar>) -> bool {
    similar.is_some_and(|similar| similar.problem().is_some() || !similar.pairs(&results.head.lab).is_empty())
}

/// Nothing where nobody was compared or no pair is alike.
pub(super) fn section(results: &LabResults, similar: Option<&Similar>) -> Markup {
    let Some(similar) = similar.filter(|_| is_told(results, similar)) else { return html! {} };
    let lab = &results.head.lab;
    let pairs = similar.pairs(lab);
    let all = format!("{}#lab-{lab}", similar::HTML);
    html! {
        section id="alike" {
            h2 { "Most alike" }
            @if let Some(problem) = similar.problem() { p.warning { (one_line(problem, 500)) } }
            @if !pairs.is_empty() {
                p.small {
                    "How much of a member's own code is also found at the other one. This is no proof: read both sides before you "
                    "decide anything."
                }
                ul.pairs {
                    @for (number, pair) in pairs.iter().take(MOST).enumerate() {
                        li {
                            @for (at, (name, percent)) in pair.iter().enumerate() {
                                @if at > 0 { ", " }
                                (member(results, name)) " " b { (percent) " %" }
                            }
                            " " a href={ (similar::HTML) "#p" (lab) "-" (number) } { "side by side" }
                        }
                    }
                }
                p { a href=(all) { "All pairs of this lab: " (pairs.len()) } }
            }
        }
    }
}

/// The way there, for a page beside.
pub(super) fn in_short(results: &LabResults, page: &str, similar: Option<&Similar>) -> Markup {
    let pairs = similar.map_or(0, |similar| similar.pairs(&results.head.lab).len());
    html! { @if pairs > 0 { a href={ (page) "#alike" } { (pairs) " alike" } } }
}

/// The name, with the way to the member's section. The list has names as a spreadsheet takes them.
fn member(results: &LabResults, name: &str) -> Markup {
    match results.members.iter().position(|member| safe(&member.entry.name) == name) {
        Some(at) => link_to(results, at),
        None => html! { (one_line(name, 60)) },
    }
}
