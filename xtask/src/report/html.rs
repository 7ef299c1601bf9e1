//! `report.html`: one file without any outside resource. A heat map of students and checks, then a section
//! for each student. Pure.

mod student;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use sandbox::protocol::Verdict;

use crate::outcome::CheckOutcome;
use crate::score::{Member, Results};
use crate::text::one_line;

const STYLE: &str = include_str!("html/style.css");

/// The page.
#[must_use]
pub fn render(results: &Results) -> String {
    let head = &results.head;
    let title = format!("Lab {}: {}", head.lab, head.title);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                // Nothing may be loaded and no script may run, whatever a student has written.
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body id="top" {
                header {
                    h1 { (title) }
                    (circumstances(results))
                }
                main {
                    (legend())
                    (heat_map(results))
                    @for (number, member) in results.members.iter().enumerate() {
                        (student::section(number, member, results))
                    }
                }
            }
        }
    };
    page.into_string()
}

fn circumstances(results: &Results) -> Markup {
    let head = &results.head;
    html! {
        p {
            (results.members.len()) " members, graded " (head.started) ". Sandbox: " (head.level)
            "; memory: " (head.memory_guard) "; seed " (head.seed) "; " (head.toolchain) "."
        }
        @if !results.complete {
            p.warning { "Not complete: some points are undecided (grader error, or interrupted). They are not lost." }
        }
        @for note in &head.notes { p.warning { (one_line(note, 500)) } }
    }
}

fn legend() -> Markup {
    use Verdict::{Crash, Fail, GraderError, Hang, Leak, NotRun, Pass};
    html! {
        ul.legend aria-label="Marks" {
            @for verdict in [Pass, Fail, Hang, Crash, Leak, NotRun, GraderError] {
                li { span class={ "mark " (class(verdict)) } { (mark(verdict)) } " " (verdict.word()) }
            }
        }
    }
}

fn heat_map(results: &Results) -> Markup {
    let milestones = &results.head.milestones;
    html! {
        div.map tabindex="0" role="region" aria-label="Students and checks" {
            table {
                thead {
                    tr {
                        th.name rowspan="2" scope="col" { "member" }
                        th rowspan="2" scope="col" { "total" }
                        @for milestone in milestones {
                            th.first colspan=(milestone.checks.len()) scope="colgroup" title=(milestone.title) {
                                (milestone.id) " /" (milestone.max)
                            }
                        }
                    }
                    tr {
                        @for milestone in milestones {
                            @for (at, check) in milestone.checks.iter().enumerate() {
                                th.first[at == 0] scope="col" title={ (check.sentence) " (" (check.max) ")" } { (at + 1) }
                            }
                        }
                    }
                }
                tbody id="top" {
                    @for (number, member) in results.members.iter().enumerate() { (map_row(number, member, results)) }
                }
            }
        }
    }
}

fn map_row(number: usize, member: &Member, results: &Results) -> Markup {
    let firsts: Vec<usize> = results
        .head
        .milestones
        .iter()
        .scan(0, |sum, milestone| Some(std::mem::replace(sum, *sum + milestone.checks.len())))
        .collect();
    html! {
        tr {
            th.name scope="row" { a href={ "#s" (number) } { (one_line(&member.entry.name, 60)) } }
            td.total { (total(member)) }
            @for (at, check) in member.checks.iter().enumerate() { (map_cell(number, at, firsts.contains(&at), check)) }
        }
    }
}

fn map_cell(number: usize, at: usize, is_first: bool, check: &CheckOutcome) -> Markup {
    let words = format!("{}: {}", crate::manifest::sentence(&check.check), check.verdict.word());
    let class = class(check.verdict);
    html! {
        td.(class).first[is_first] {
            @if check.verdict == Verdict::Pass {
                span title=(words) { (mark(check.verdict)) }
            } @else {
                a href={ "#s" (number) "-" (at) } title=(words) aria-label=(words) { (mark(check.verdict)) }
            }
        }
    }
}

fn total(member: &Member) -> String {
    match member.undecided {
        0 => member.total.to_string(),
        undecided => format!("{}+{undecided}?", member.total),
    }
}

/// A letter, so that nobody needs the colour.
fn mark(verdict: Verdict) -> &'static str {
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

fn class(verdict: Verdict) -> &'static str {
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

#[cfg(test)]
mod tests;
