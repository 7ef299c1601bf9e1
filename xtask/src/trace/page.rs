//! Pure: the picture as one page without any outside resource and without a script. At the top what is wrong,
//! then who holds which end, then the lanes, then the same as text.

mod arrows;
mod draw;
mod ends;
mod marks;
mod plan;

use anstream::adapter::strip_str;
use maud::{Markup, html};

use super::lanes;
use super::picture::{Lane, Picture};
use crate::page::document;

const STYLE: &str = include_str!("page/style.css");

/// How wide the text in the page is, in columns.
const TEXT: usize = 110;

/// Pictures up to so many pixels wide may stand beside each other, if the window is wide enough.
const BESIDE: usize = 860;

/// A picture and its heading.
pub(super) struct Part<'a> {
    /// A letter that no other part has, for links.
    pub(super) id: char,
    pub(super) heading: &'a str,
    /// What the reader should know about this run.
    pub(super) remark: &'a str,
    pub(super) picture: &'a Picture,
}

/// The page.
#[must_use]
pub(super) fn render(title: &str, parts: &[Part<'_>]) -> String {
    let widths: Vec<usize> =
        parts.iter().map(|part| plan::plan(part.picture).width + plan::NUMBERS).collect();
    let side_by_side = parts.len() > 1 && widths.iter().all(|&width| width <= BESIDE);
    let body = html! {
        header {
            h1 id="top" { (title) }
            @if let Some(part) = parts.first() { p { code { (part.picture.command) } } }
            (legend())
        }
        main.beside[side_by_side] id="main" {
            @for (part, width) in parts.iter().zip(widths) { (section(part, parts.len() > 1, width)) }
        }
    };
    document(title, STYLE, &body)
}

fn section(part: &Part<'_>, with_heading: bool, width: usize) -> Markup {
    let picture = part.picture;
    html! {
        section style={ "flex-basis:" (width) "px" } {
            @if with_heading { h2 { (part.heading) } }
            (verdict(picture))
            @for note in &picture.notes { p.warning { (note) } }
            @if !part.remark.is_empty() { p.small { (part.remark) } }
            (ends::table(part.id, picture))
            h3 { "What happened" }
            (draw::lanes(part.id, picture))
            (processes(part.id, picture))
            details {
                summary { "The same as text" }
                pre { (strip_str(&lanes::render(picture, TEXT)).to_string()) }
            }
        }
    }
}

fn verdict(picture: &Picture) -> Markup {
    let blame = &picture.blame;
    html! {
        div.verdict.stuck[picture.is_stuck] {
            p { strong { (picture.outcome) "." } }
            @if !blame.waits.is_empty() {
                ul { @for text in blame.waits.iter().take(lanes::WAITS) { li { (text) } } }
                @if blame.waits.len() > lanes::WAITS { p { "And " (blame.waits.len() - lanes::WAITS) " more wait." } }
            }
            @for text in &blame.fixes { p { strong { "Fix: " } (text) "." } }
        }
    }
}

/// The signs of the picture.
fn legend() -> Markup {
    let signs = [
        ("sleeps", "sleeps in a call"),
        ("hangs", "sleeps for ever"),
        ("holds w", "holds a write end"),
        ("holds r", "holds a read end"),
        ("flow", "bytes go from a write to a read"),
        ("end-of-file", "the last write end closes, so a read gets its end of file"),
        ("zombie", "has ended, but nobody has waited for it yet"),
    ];
    html! {
        ul.legend aria-label="Signs" {
            @for (class, words) in signs { li { span class={ "key " (class) } {} " " (words) } }
        }
    }
}

fn processes(id: char, picture: &Picture) -> Markup {
    let row = |number: usize| html! { a href={ "#" (id) (number + 1) } { "#" (number + 1) } };
    let last = |lane: &Lane| lane.to.min(picture.rows.len()).saturating_sub(1);
    html! {
        h3 { "Processes" }
        div.wide tabindex="0" role="region" aria-label="Processes" {
            table.plain.processes {
                thead { tr {
                    th { "process" } th { "pid" } th { "made by" } th { "program" } th { "rows" } th { "end" }
                    th.number { "calls to start" } th.number { "other calls without a mark" }
                } }
                tbody {
                    @for lane in &picture.lanes {
                        tr {
                            td { (lane.name) } td { (lane.pid) }
                            td { @if let Some(parent) = lane.parent { (picture.lanes[parent].name) } }
                            td { @if lane.command.is_empty() { small { "a copy, no program of its own" } } @else { code { (lane.command) } } }
                            td { @if !picture.rows.is_empty() { (row(lane.from)) "–" (row(last(lane))) } }
                            td { (lane.fate) } td.number { (lane.loading) } td.number { (lane.quiet) }
                        }
                    }
                }
            }
        }
    }
}
