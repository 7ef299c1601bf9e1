//! Pure: finished comparisons as text.

use std::fmt::Write as _;

use crate::experiment::{Measured, Table};
use crate::numbers::{Spread, short};

/// The widest name that is not cut.
const NAME: usize = 30;

/// A table with its heading, for a terminal of 80 columns.
#[must_use]
pub fn text(table: &Table) -> String {
    let mut out = format!("{} [{}; {}]\n", table.title, table.unit, table.better.words());
    let _ = writeln!(out, "  {}", circumstances(table));
    let ratio = table.anchor.as_ref().map_or(String::new(), |_| format!("  {:^21}", "ratio"));
    let head = format!("  {:NAME$} {:>8} {:>8} {:>8}{ratio}", "", "min", "median", "max");
    let _ = writeln!(out, "{}", head.trim_end());
    for row in &table.rows {
        let _ = writeln!(out, "{}", line(row).trim_end());
    }
    if let Some(ranking) = &table.ranking {
        let _ = writeln!(out, "  ranking: {ranking}");
    }
    out
}

/// How the values came about: rounds, the distance of the cores, the anchor.
#[must_use]
pub fn circumstances(table: &Table) -> String {
    let rounds = table.rows.iter().map(|row| row.values.len()).max().unwrap_or(0);
    let mut parts = vec![if rounds == 1 { "counted once".to_owned() } else { format!("{rounds} rounds") }];
    parts.extend(table.distance.map(|distance| format!("cores {distance}")));
    parts.extend(table.anchor.as_ref().map(|anchor| format!("ratio to {anchor}, above 1 is better")));
    if table.elsewhere > 0 {
        parts.push(format!("{} values at another distance left out", table.elsewhere));
    }
    if table.unsteady > 0 {
        parts.push(format!("{} unsteady", table.unsteady));
    }
    parts.join("; ")
}

fn line(row: &Measured) -> String {
    let name: String = row.name.chars().take(NAME).collect();
    if let Some(failure) = &row.failure {
        return format!("  {name:NAME$} failed: {failure}");
    }
    let Some([min, median, max]) = spread(&row.values) else {
        return format!("  {name:NAME$} no value in these rounds");
    };
    let mut line = format!("  {name:NAME$} {min:>8} {median:>8} {max:>8}");
    if let Some([min, median, max]) = spread(&row.ratios) {
        let _ = write!(line, "  {min:>6} {median:>6} {max:>6}");
    }
    line
}

/// The least, middle and largest value, as they are printed.
#[must_use]
pub fn spread(values: &[f64]) -> Option<[String; 3]> {
    Spread::of(values).map(|spread| [spread.min, spread.median, spread.max].map(short))
}

#[cfg(test)]
pub(crate) mod tests;
