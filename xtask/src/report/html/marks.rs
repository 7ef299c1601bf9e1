//! The mark of a verdict: a letter first, so that nobody needs the colour. Pure.

use maud::{Markup, html};
use sandbox::protocol::Verdict;

/// In the order of the legend.
const ALL: [Verdict; 7] = [
    Verdict::Pass,
    Verdict::Fail,
    Verdict::Hang,
    Verdict::Crash,
    Verdict::Leak,
    Verdict::NotRun,
    Verdict::GraderError,
];

pub(super) fn legend() -> Markup {
    html! {
        ul.legend aria-label="Marks" {
            @for verdict in ALL { li { (marked(verdict)) " " (verdict.word()) } }
        }
    }
}

/// The mark in its box.
pub(in crate::report) fn marked(verdict: Verdict) -> Markup {
    html! { span class={ "mark " (class(verdict)) } { (mark(verdict)) } }
}

/// How many of each verdict that is no pass: `3 ✗ 2 H`.
pub(super) fn counted(verdicts: impl Iterator<Item = Verdict> + Clone) -> Markup {
    html! {
        @for verdict in ALL.into_iter().filter(|verdict| *verdict != Verdict::Pass) {
            @let count = verdicts.clone().filter(|other| *other == verdict).count();
            @if count > 0 { span.count title=(verdict.word()) { (count) " " (marked(verdict)) } " " }
        }
    }
}

pub(super) fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✓",
        Verdict::Fail => "✗",
        Verdict::Hang => "H",
        Verdict::Crash => "C",
        Verdict::Leak => "L",
        Verdict::NotRun => "–",
        Verdict::GraderError => "!",
    }
}

pub(super) fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Hang => "hang",
        Verdict::Crash => "crash",
        Verdict::Leak => "leak",
        Verdict::NotRun => "notrun",
        Verdict::GraderError => "error",
    }
}
