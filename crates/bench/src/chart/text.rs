//! Pure: a picture for a terminal, a letter for each line.

use std::fmt::Write as _;

use super::{Chart, Scale};
use crate::numbers::si;

/// Columns and rows of the field between the axes.
const COLUMNS: usize = 60;
const ROWS: usize = 14;

/// The picture, or one line that says that there is none.
#[must_use]
pub fn text(chart: &Chart) -> String {
    let Some(scale) = Scale::of(chart) else { return format!("{}: nothing to draw\n", chart.title) };
    let mut out = format!("{} [{}]\n", chart.title, chart.y);
    let marks = marks(&scale);
    for (row, cells) in field(chart, &scale).iter().enumerate() {
        let cells: String = cells.iter().collect();
        let line = format!("{:>6} |{cells}", marks[row]);
        let _ = writeln!(out, "{}", line.trim_end());
    }
    let _ = writeln!(out, "{:>6} +{}", "", "-".repeat(COLUMNS + 1));
    let _ = writeln!(out, "        {}", axis(chart, &scale).trim_end());
    let _ = writeln!(out, "        {}", chart.x);
    for (letter, line) in letters().zip(drawn(chart)) {
        let limit = if line.is_limit { " (limit)" } else { "" };
        let _ = writeln!(out, "        {letter} {}{limit}", line.name);
    }
    out
}

fn letters() -> impl Iterator<Item = char> {
    ('A'..='Z').chain('a'..='z')
}

fn drawn(chart: &Chart) -> impl Iterator<Item = &super::Line> {
    chart.lines.iter().filter(|line| !line.points.is_empty())
}

/// The nearest cell of `count` + 1, for a share from 0 to 1.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the field")]
fn cell(share: f64, count: usize) -> usize {
    (share.clamp(0.0, 1.0) * count as f64).round() as usize
}

/// Dots from point to point, then letters above all of them: a line of dots hides no letter.
fn field(chart: &Chart, scale: &Scale) -> Vec<Vec<char>> {
    let mut field = vec![vec![' '; COLUMNS + 1]; ROWS + 1];
    let place = |(x, y): (f64, f64)| (cell(scale.across(x), COLUMNS), cell(1.0 - scale.up(y), ROWS));
    for line in drawn(chart) {
        for ends in line.points.windows(2) {
            let (from, to) = (place(ends[0]), place(ends[1]));
            let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1)).max(1);
            for step in 0..=steps {
                let share = step as f64 / steps as f64;
                let between = |from: usize, to: usize| from as f64 + (to as f64 - from as f64) * share;
                let (x, y) = (between(from.0, to.0), between(from.1, to.1));
                field[cell(y / ROWS as f64, ROWS)][cell(x / COLUMNS as f64, COLUMNS)] =
                    if line.is_limit { '-' } else { '.' };
            }
        }
    }
    for (letter, line) in letters().zip(drawn(chart)) {
        for &point in &line.points {
            let (x, y) = place(point);
            field[y][x] = letter;
        }
    }
    field
}

/// What stands left of each row.
fn marks(scale: &Scale) -> Vec<String> {
    let mut marks = vec![String::new(); ROWS + 1];
    for mark in scale.marks() {
        marks[cell(1.0 - scale.up(mark), ROWS)] = si(mark);
    }
    marks
}

/// The names of the ticks, each where it begins; one that would touch its neighbour is left out.
fn axis(chart: &Chart, scale: &Scale) -> String {
    let mut axis = String::new();
    for tick in chart.ticks.iter().filter(|tick| (scale.left..=scale.right * 1.001).contains(&tick.at)) {
        let at = cell(scale.across(tick.at), COLUMNS);
        if axis.is_empty() || axis.chars().count() < at {
            let gap = at.saturating_sub(axis.chars().count());
            axis.push_str(&" ".repeat(gap));
            axis.push_str(&tick.name);
        }
    }
    axis
}
