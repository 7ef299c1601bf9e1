//! Pure: all results of one lab, as a screen of text and as a page.

use std::fmt::Write as _;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::chart::{self, Chart};
use crate::experiment::Table;
use crate::table;

/// What was found out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// Its heading: `lab 07: Shared-memory ring`.
    pub title: String,
    /// The machine at the moment of the run.
    pub machine: String,
    /// Tables and pictures, in the order of the experiments.
    pub parts: Vec<Part>,
    /// What was left out, and why.
    pub notes: Vec<String>,
    /// The command that makes it again.
    pub again: String,
}

/// A result.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Of a comparison.
    Table(Table),
    /// Of a curve or of latencies; with those who failed, and how.
    Chart(Chart, Vec<(String, String)>),
    /// A table of words: its title, its heading, its rows.
    Words(String, Vec<String>, Vec<Vec<String>>),
}

/// For a terminal.
#[must_use]
pub fn text(report: &Report) -> String {
    let mut out = format!("{}\n{}\n", report.title, report.machine);
    for part in &report.parts {
        out.push('\n');
        match part {
            Part::Table(table) => out.push_str(&table::text(table)),
            Part::Words(title, head, rows) => out.push_str(&words(title, head, rows)),
            Part::Chart(chart, failures) => {
                out.push_str(&chart::text(chart));
                for (name, failure) in failures {
                    let _ = writeln!(out, "        {name} failed: {failure}");
                }
            }
        }
    }
    if !report.notes.is_empty() {
        out.push_str("\nnot measured:\n");
        for note in &report.notes {
            let _ = writeln!(out, "  {note}");
        }
    }
    out
}

fn words(title: &str, head: &[String], rows: &[Vec<String>]) -> String {
    let all = || std::iter::once(head).chain(rows.iter().map(Vec::as_slice));
    let width = |column: usize| {
        all().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut out = format!("{title}\n");
    for row in all() {
        let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
        let _ = writeln!(out, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    out
}

/// One file without a script and without any outside resource.
#[must_use]
pub fn page(report: &Report) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (report.title) }
                style { (PreEscaped(include_str!("report.css"))) (PreEscaped(chart::STYLE)) }
            }
            body {
                h1 { (report.title) }
                p { (report.machine) }
                @for part in &report.parts { section { (section(part)) } }
                @if !report.notes.is_empty() {
                    h2 { "Not measured" }
                    ul { @for note in &report.notes { li { (note) } } }
                }
                p.small {
                    "Figures of one machine at one moment, and no points. Compare ratios, not absolute values, of two runs. Again: "
                    code { (report.again) }
                }
            }
        }
    };
    page.into_string()
}

fn section(part: &Part) -> Markup {
    match part {
        Part::Table(table) => figures(table),
        Part::Chart(chart, failures) => html! {
            h2 { (chart.title) }
            div.wide { (chart::svg(chart)) }
            @for (name, failure) in failures { p.failed { (name) " failed: " (failure) } }
        },
        Part::Words(title, head, rows) => html! {
            h2 { (title) }
            div.wide {
                table {
                    tr { @for cell in head { th { (cell) } } }
                    @for row in rows { tr { @for cell in row { td { (cell) } } } }
                }
            }
        },
    }
}

fn figures(table: &Table) -> Markup {
    html! {
        h2 { (table.title) " [" (table.unit) "]" }
        p.small { (table.better.words()) "; " (table::circumstances(table)) }
        div.wide {
            table {
                tr {
                    th { } th { "who" }
                    @for head in ["min", "median", "max"] { th.number { (head) } }
                    @if table.anchor.is_some() {
                        @for head in ["ratio, min", "median", "max"] { th.number { (head) } }
                    }
                }
                @for row in &table.rows {
                    tr {
                        td { (row.name) } td { (row.role.to_string()) }
                        @match (&row.failure, table::spread(&row.values)) {
                            (Some(failure), _) => td.failed colspan="6" { "failed: " (failure) },
                            (None, None) => td colspan="6" { "no value in these rounds" },
                            (None, Some(values)) => {
                                @for value in values.iter().chain(table::spread(&row.ratios).iter().flatten()) {
                                    td.number { (value) }
                                }
                            }
                        }
                    }
                }
            }
        }
        @if let Some(ranking) = &table.ranking { p.small { "ranking: " (ranking) } }
    }
}

#[cfg(test)]
mod tests;
