//! The class as a table for the terminal: one line a member, plain text. Pure.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use crate::score::{Member, Results};
use crate::text::one_line;

/// Longer names are cut here; the reports have them whole.
const NAME: usize = 40;
/// Longer sentences are cut here.
const SENTENCE: usize = 100;

/// The table, what concerns the class as a whole, and the circumstances.
#[must_use]
pub fn render(results: &Results) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let milestones = results.head.milestones.iter().map(|m| format!("{}\n/{}", m.id, m.max));
    let max: u32 = results.head.milestones.iter().map(|milestone| milestone.max).sum();
    let header = std::iter::once("member".to_owned()).chain(milestones);
    table.set_header(header.chain([format!("total\n/{max}"), "result".to_owned()]));
    for member in &results.members {
        table.add_row(row(member));
    }
    let numbers = 1..=results.head.milestones.len() + 1;
    for column in table.column_iter_mut() {
        if numbers.contains(&column.index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut out = table.trim_fmt();
    out.push('\n');
    for line in circumstances(results) {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{line}");
    }
    out.trim_end().to_owned()
}

fn row(member: &Member) -> Vec<String> {
    let number = |points: u32, undecided: u32| match undecided {
        0 => points.to_string(),
        undecided => format!("{points}+{undecided}?"),
    };
    let mut row = vec![one_line(&member.entry.name, NAME)];
    row.extend(member.milestones.iter().map(|m| number(m.points, m.undecided)));
    row.push(number(member.total, member.undecided));
    let result = member.expectation.as_ref().map_or(&member.summary, |expectation| &expectation.text);
    row.push(one_line(result, SENTENCE));
    row
}

fn circumstances(results: &Results) -> Vec<String> {
    let head = &results.head;
    let mut lines: Vec<String> =
        head.notes.iter().map(|note| format!("note: {}", one_line(note, 200))).collect();
    let strange = results.members.iter().filter(|m| m.expectation.as_ref().is_some_and(|e| !e.met)).count();
    if results.members.iter().any(|member| member.expectation.is_some()) {
        let all = results.members.len();
        lines.push(format!("sample class: {} of {all} as expected", all - strange));
    }
    if !results.complete {
        lines.push(
            "n+k?: k points are undecided (grader error, or interrupted); they are not lost".to_owned(),
        );
    }
    lines.push(format!("sandbox: {}; memory: {}; seed: {}", head.level, head.memory_guard, head.seed));
    lines
}
