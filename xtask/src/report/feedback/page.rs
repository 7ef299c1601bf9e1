//! A student's sheet as a page: one file without a script and without anything from outside. Pure.

use maud::{Markup, html};

use super::TOTAL;
use super::sheet::{Failure, Next, Part, Sheet, Work};
use crate::page::{document, spans};
use crate::report::html::{STYLE as COMMON, marked};
use crate::report::number;

const STYLE: &str = include_str!("style.css");

pub(super) fn render(sheet: &Sheet<'_>) -> String {
    let body = html! {
        header {
            h1 id="top" { (sheet.name) }
            p.sum { b { (sheet.sum) } }
            p.small { "Graded " (sheet.graded) "." }
            @if let several @ [_, _, ..] = sheet.parts.as_slice() { (contents(several, sheet.has_policy)) }
        }
        main id="main" { @for part in &sheet.parts { (section(part)) } }
    };
    document(&sheet.name, &format!("{COMMON}{STYLE}"), &body)
}

/// A line a lab, which leads to it; under a policy with what counts and why.
fn contents(parts: &[Part<'_>], has_policy: bool) -> Markup {
    html! {
        div.wide tabindex="0" role="region" aria-label="Points in each lab" {
            table.plain {
                caption.hidden { "Points in each lab" }
                thead {
                    tr {
                        th scope="col" { "lab" } th.number scope="col" { "points" }
                        @if has_policy { th.number scope="col" { "counts" } th scope="col" { "why" } }
                    }
                }
                tbody {
                    @for part in parts {
                        tr {
                            th scope="row" { a href={ "#lab-" (part.lab) } { (part.lab) " " (part.title) } }
                            td.number { (part.raw()) " / " (part.max) }
                            @if has_policy { td.number { b { (part.points()) } } td { (part.why()) } }
                        }
                    }
                }
            }
        }
        @if has_policy { p.small { (TOTAL) } }
    }
}

fn section(part: &Part<'_>) -> Markup {
    let id = format!("lab-{}", part.lab);
    html! {
        section.lab id=(id) aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } {
                "Lab " (part.lab) ": " (part.title) " " small { (part.points()) " / " (part.max) }
            }
            (how(part))
            @match &part.work {
                // The part of the grade has said so.
                None if !part.how.is_empty() => {}
                None => { p { "Nothing was handed in." } }
                Some(work) => { (told(part, work)) }
            }
        }
    }
}

/// How the grade came about, under a policy.
fn how(part: &Part<'_>) -> Markup {
    let attempts: Vec<_> = part.attempts().collect();
    html! {
        @if !part.how.is_empty() {
            h3 { "Your grade" }
            ul.how { @for line in &part.how { li { (line) } } }
            @if !attempts.is_empty() {
                table.plain {
                    caption { "Your attempts" }
                    thead {
                        tr {
                            th scope="col" { "attempt" } th scope="col" { "handed in" }
                            th.number scope="col" { "points" } th.number scope="col" { "would count" } td {}
                        }
                    }
                    tbody {
                        @for ([name, at, raw, points], counts) in &attempts {
                            tr {
                                th scope="row" { (name) } td { (at) }
                                td.number { (raw) } td.number { (points) }
                                td { @if *counts { b { "counts" } } }
                            }
                        }
                    }
                }
            }
            @if part.work.is_some() { h3 { "What the checks say" } }
        }
    }
}

fn told(part: &Part<'_>, work: &Work<'_>) -> Markup {
    html! {
        p { (work.summary) }
        @for cause in &work.likely { p.likely { (spans(cause)) } }
        @if !work.notes.is_empty() {
            ul { @for note in &work.notes { li { (note) } } }
        }
        @if let Some(error) = &work.compile_error {
            pre { (error) }
            p { "See it again: " (command(&format!("cargo xtask check {}", part.lab))) }
        }
        (milestones(work))
        @if let Some(next) = &work.next { (go_on(part, next)) }
        @if !work.failures.is_empty() {
            h3 { "What failed" }
            @for failure in &work.failures { (missed(part, failure)) }
        }
        @if !work.open.is_empty() {
            h3 { "Not decided yet" }
            p { "The grader failed here or was interrupted. That is not your fault, and it costs you nothing." }
            ul { @for check in &work.open { li { (check.sentence) } } }
        }
        @if !work.passed.is_empty() {
            details {
                summary { "What passed: " (work.passed.len()) }
                ul { @for check in &work.passed { li { (check.sentence) } } }
            }
        }
    }
}

fn milestones(work: &Work<'_>) -> Markup {
    html! {
        table.plain {
            thead { tr { th scope="col" { "milestone" } th.number scope="col" { "points" } th scope="col" { "state" } } }
            tbody {
                @for (milestone, score) in &work.milestones {
                    tr {
                        th scope="row" { (milestone.id) " " (milestone.title) }
                        td.number { (number(score.points, score.undecided)) " / " (score.max) }
                        td.state { @if score.points == score.max { "✓ done" } @else { "open" } }
                    }
                }
            }
        }
    }
}

fn go_on(part: &Part<'_>, next: &Next<'_>) -> Markup {
    let id = &next.milestone.id;
    html! {
        h3 { "Where to go on" }
        p { "Milestone " (id) ", " (next.milestone.title) "." }
        @if let Some(hint) = next.hint {
            div.hint {
                p { b { "Hint 1" } }
                @for paragraph in hint.split("\n\n") { p { (spans(paragraph)) } }
            }
        }
        ul.commands {
            li { (command(&format!("cargo xtask check {} {id}", part.lab))) " runs its checks" }
            li { (command(&format!("cargo xtask hint {} {id}", part.lab))) " shows the next hint" }
        }
    }
}

fn missed(part: &Part<'_>, failure: &Failure<'_>) -> Markup {
    html! {
        article id={ "c" (part.lab) "-" (failure.place) } {
            h4 {
                (marked(failure.verdict)) " " (failure.verdict.word()) ": " (failure.check.sentence) " "
                small { (failure.place) ", 0 / " (failure.check.max) }
            }
            pre { (failure.text) }
            @if let Some(detail) = &failure.detail {
                details {
                    summary { "every process at that moment" }
                    pre { (detail) }
                }
            }
            ul.commands {
                li { (command(&failure.again)) " runs it again" }
                li { (command(&format!("cargo xtask explain {} {}", part.lab, failure.check.name))) " tells the rule and why" }
            }
        }
    }
}

fn command(words: &str) -> Markup {
    html! { code.command { (words) } }
}
