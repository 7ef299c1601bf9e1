//! Whom a teacher must look at before the grades count, and why. Pure.

use maud::{Markup, html};

use super::link_to;
use crate::report::attention;
use crate::score::LabResults;

/// Nothing where nobody needs a look.
pub(super) fn section(results: &LabResults) -> Markup {
    let reasons = attention::of(results);
    html! {
        @if !reasons.is_empty() {
            section.attention id="attention" {
                h2 { "Look at these first" }
                dl {
                    @for (reason, members) in &reasons {
                        dt { (members.len()) " " (reason.words()) }
                        dd {
                            p.small { (reason.advice()) }
                            ul.names { @for &at in members { li { (link_to(results, at)) } } }
                        }
                    }
                }
            }
        }
    }
}

/// The same in a few words, with the way there; for a page beside.
pub(super) fn in_short(results: &LabResults, page: &str) -> Markup {
    let count: usize = attention::of(results).iter().map(|(_, members)| members.len()).sum();
    html! { @if count > 0 { a href={ (page) "#attention" } { (count) " to look at" } } @else { "–" } }
}
