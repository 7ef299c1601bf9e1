//! Those who failed in the same way, with what is probably wrong. Pure.

use maud::{Markup, html};

use super::{Column, link_to};
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
            @if let Sign::Failure(..) = cluster.sign { p.small { "No known bug explains it; their first failure says the same." } }
            @if let Sign::Cause([_, others @ ..]) = cluster.sign {
                @for other in others { p.likely { (other) } }
            }
            @if !cluster.checks.is_empty() { (checks(columns, cluster)) }
            ul.names { @for &at in &cluster.members { li { (link_to(results, at)) } } }
        }
    }
}

fn title(columns: &[Column<'_>], cluster: &Cluster<'_>) -> String {
    match &cluster.sign {
        Sign::Cause(causes) => causes.first().cloned().unwrap_or_default(),
        Sign::CompileError(error) => format!("did not compile: {}", one_line(error, 200)),
        Sign::Failure(..) if cluster.checks.len() == columns.len() => "missed every check".to_owned(),
        Sign::Failure(check, verdict, shape) => {
            let (verdict, check) = (verdict.word(), &columns[*check]);
            // The verdict often begins the text, too.
            let said = shape.lines().next().unwrap_or_default();
            let said = said.strip_prefix(verdict).map_or(said, |rest| rest.trim_start_matches([':', ' ']));
            let said = if said.is_empty() { String::new() } else { format!(": {}", one_line(said, 120)) };
            format!("{} first, {}, {verdict}{said}", check.label(), check.check.sentence)
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
