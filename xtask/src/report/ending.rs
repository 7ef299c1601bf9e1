//! The class as a whole, at the end of a run, in a few lines of 80 columns: how each lab went, and whom a teacher must look at
//! before the grades count. Pure.

use console::truncate_str;

use super::attention;
use crate::prose::COLUMNS;
use crate::score::{LabResults, Results, Spread};
use crate::text::one_line;

/// So many names are told of each reason; the report has all.
const NAMES: usize = 5;

/// The lines. Of a single lab its table has told how it went.
pub(super) fn lines(results: &Results) -> Vec<String> {
    let mut lines = Vec::new();
    if results.labs.len() > 1 && results.expected().is_none() {
        lines.push(row("class", ["counted", "mean", "median", "of", "no compile", "to look at"]));
        lines.extend(results.labs.iter().map(lab));
    }
    lines.extend(results.labs.iter().flat_map(to_look_at));
    lines
}

fn row(name: &str, cells: [&str; 6]) -> String {
    let [count, mean, median, max, broken, attention] = cells;
    format!("{name:<10} {count:>7} {mean:>6} {median:>6} {max:>4}  {broken:>10}  {attention:>10}")
}

fn lab(results: &LabResults) -> String {
    let broken = results.members.iter().filter(|member| member.is_broken()).count();
    let attention: usize = attention::of(results).iter().map(|(_, members)| members.len()).sum();
    let spread = Spread::of(results);
    let of = |tell: &dyn Fn(&Spread) -> String| spread.as_ref().map_or_else(|| "-".to_owned(), tell);
    let cells = [
        spread.as_ref().map_or(0, Spread::count).to_string(),
        of(&Spread::mean),
        of(&|spread| spread.median().to_string()),
        results.head.max().to_string(),
        broken.to_string(),
        attention.to_string(),
    ];
    row(&format!("lab {}", results.head.lab), cells.each_ref().map(String::as_str))
}

/// `look at: lab 01: 2 with an error of the grader: bob, zoe`
fn to_look_at(results: &LabResults) -> Vec<String> {
    let line = |(reason, members): (attention::Reason, Vec<usize>)| {
        let names = members.iter().take(NAMES).map(|&at| one_line(&results.members[at].entry.name, 60));
        let names: Vec<String> = names.collect();
        let (id, count) = (&results.head.lab, members.len());
        let line = format!("look at: lab {id}: {count} {}: {}", reason.words(), names.join(", "));
        let line = if count > NAMES { format!("{line}, …") } else { line };
        truncate_str(&line, COLUMNS, "…").into_owned()
    };
    attention::of(results).into_iter().map(line).collect()
}

#[cfg(test)]
mod tests;
