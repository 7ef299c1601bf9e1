//! Those who failed in the same way, with what is probably wrong. Pure.

use maud::{Markup, html};

use super::{Column, link_to};
use crate::page::spans;
use crate::report::clusters::{self, Cluster, Sign};
use crate::score::LabResults;
use crate::text::one_line;

/// More are no summary.
const MOST: usize = 12;
/// So many checks are named; a program that misses more of them misses nearly all.
const CHECKS: usize = 8;

pub(super) fn section(results: &LabResults, columns: &[Column<'_>]) -> Markup {
    let clusters = clusters::of(results);
    html! {
        section id="clusters" {
            h2 { "Failed in the same way" }
            @if clusters.is_empty() { p { "No two members failed in the same way." } }
            @for cluster in clusters.iter().take(MOST) { (article(results, columns, cluster)) }
            @if clusters.len() > MOST { p { "And " (clusters.len() - MOST) " smaller groups." } }
        }
    }
}

fn article(results: &LabResults, columns: &[Column<'_>], cluster: &Cluster<'_>) -> Markup {
    html! {
        article.cluster {
            h3 { (cluster.members.len()) " members: " (title(columns, cluster)) }
            @if let Sign::Failure(check, ..) = cluster.sign { (said(results, cluster, check)) }
            @if let Sign::Cause([_, others @ ..]) = cluster.sign {
                @for other in others { p.likely { (spans(other)) } }
            }
            @if !cluster.checks.is_empty() { (checks(columns, cluster)) }
            ul.names { @for &at in &cluster.members { li { (link_to(results, at)) } } }
        }
    }
}

/// What the first of them was told. The others were told the same, apart from numbers.
fn said(results: &LabResults, cluster: &Cluster<'_>, check: usize) -> Markup {
    let first = cluster.members.first().map(|&at| &results.members[at].checks[check]);
    let said = first.map_or_else(String::new, clusters::said);
    html! {
        @if !said.is_empty() { p.said { code { (one_line(&said, 300)) } } }
        p.small { "No known bug explains it; the first check that each of them misses says the same." }
    }
}

/// Only a cause is Markdown: it is ours. What the compiler says is taken as it is.
fn title(columns: &[Column<'_>], cluster: &Cluster<'_>) -> Markup {
    html! {
        @match &cluster.sign {
            Sign::Cause(causes) => { @if let [first, ..] = causes { (spans(first)) } },
            Sign::CompileError(error) => { "did not compile: " (one_line(error, 200)) },
            Sign::Failure(..) if cluster.checks.len() == columns.len() => { "missed every check" },
            Sign::Failure(check, verdict, _) => {
                @let check = &columns[*check];
                (verdict.word()) " in " (check.label()) ", " (check.check.sentence)
            },
        }
    }
}

fn checks(columns: &[Column<'_>], cluster: &Cluster<'_>) -> Markup {
    let named = cluster.checks.iter().take(CHECKS);
    html! {
        p.small {
            "Missed by all of them: "
            @for (number, &check) in named.enumerate() {
                @if number > 0 { ", " }
                a href={ "#c" (check) } title=(columns[check].words()) { (columns[check].label()) }
            }
            @if cluster.checks.len() > CHECKS { " and " (cluster.checks.len() - CHECKS) " more" }
            @if cluster.more > 0 { "; by some of them: " (cluster.more) " more" }
            "."
        }
    }
}
