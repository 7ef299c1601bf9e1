//! A class in one lab as a table for the terminal: one line a member, plain text, never wider than it may be. Pure.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use console::{measure_text_width, truncate_str};

use super::{ending, number};
use crate::score::{Expect, LabResults, Member, Results, class_in_short};
use crate::text::{fitted, one_line};

/// Longer names are cut here, however wide the terminal is; the reports have them whole.
const NAME: usize = 60;
/// Longer sentences are cut here.
const SENTENCE: usize = 100;
/// With less than this for names and results, the milestones make room.
const TEXT: usize = 24;
/// With less than this for both, results are told in a few words.
const LONG: usize = 72;
/// Of whom nothing came has no line, if there are more than this: a class hands in one lab of eight, and the others' names
/// would hide it. Their number is in the last line, and the reports have each.
const ABSENT: usize = 10;

/// The table, and the class in a line. `width` is the terminal's; without one (a file, a pipe) nothing need fit.
#[must_use]
pub fn render(results: &LabResults, width: Option<usize>) -> String {
    let width = width.unwrap_or(usize::MAX);
    let members = shown(results);
    let mut numbers = numbers(results, &members, true);
    if room(&numbers, width) < TEXT {
        numbers = self::numbers(results, &members, false);
    }
    let mut out = lines(results, &members, &numbers, room(&numbers, width)).trim_fmt();
    out.push('\n');
    let id = &results.head.lab;
    // Writing to a String cannot fail.
    let _ = match results.expected() {
        Some((met, all)) => write!(out, "lab {id}: {met} of {all} as expected"),
        None => write!(out, "lab {id}: {}", class_in_short(results)),
    };
    out
}

/// The members that have a line.
fn shown(results: &LabResults) -> Vec<&Member> {
    let hides = results.members.iter().filter(|member| member.is_absent()).count() > ABSENT;
    results.members.iter().filter(|member| !(hides && member.is_absent())).collect()
}

/// A column of numbers: two lines of head, then one a member.
type Column = Vec<String>;

/// The milestones, when there is room, and the total.
fn numbers(results: &LabResults, members: &[&Member], with_milestones: bool) -> Vec<Column> {
    let milestones = results.head.milestones.iter().enumerate().filter(|_| with_milestones);
    let mut columns: Vec<Column> = milestones
        .map(|(at, milestone)| {
            let of = members.iter().filter_map(|member| member.milestones.get(at));
            let cells = of.map(|score| number(score.points, score.undecided));
            [milestone.id.clone(), format!("/{}", milestone.max)].into_iter().chain(cells).collect()
        })
        .collect();
    let totals = members.iter().map(|member| number(member.total, member.undecided));
    columns
        .push(["total".to_owned(), format!("/{}", results.head.max())].into_iter().chain(totals).collect());
    columns
}

/// What is left for the name and the result beside these columns, each with a blank on its left.
fn room(numbers: &[Column], width: usize) -> usize {
    let widths = numbers.iter().map(|column| column.iter().map(|cell| cell.len()).max().unwrap_or(0) + 1);
    // Two blanks stand before the result.
    width.saturating_sub(widths.sum::<usize>() + 2)
}

fn lines(results: &LabResults, members: &[&Member], numbers: &[Column], room: usize) -> Table {
    let names: Vec<String> = members.iter().map(|m| one_line(&m.entry.name, 200)).collect();
    let tell = |member: &&Member| if room < LONG { short(results, member) } else { result(member) };
    let texts: Vec<String> = members.iter().map(tell).collect();
    let longest = |texts: &[String]| texts.iter().map(|text| measure_text_width(text)).max().unwrap_or(0);
    // What a result does not need, the names get; in any case half of the room, or more of little.
    let share = if room < LONG { room * 2 / 3 } else { room / 2 };
    let name = longest(&names).clamp("member".len(), NAME);
    let name = name.min(room.saturating_sub(longest(&texts).max("result".len())).max(share));
    let rest = room.saturating_sub(name).min(SENTENCE);
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let heads = numbers.iter().map(|column| column[..2].join("\n"));
    table.set_header(["member".to_owned()].into_iter().chain(heads).chain(["result".to_owned()]));
    for (at, (member, text)) in names.iter().zip(&texts).enumerate() {
        let cells = numbers.iter().map(|column| column[at + 2].clone());
        let row = [fitted(member, name)].into_iter().chain(cells);
        table.add_row(row.chain([truncate_str(text, rest, "…").into_owned()]));
    }
    for column in table.column_iter_mut() {
        let is_number = (1..=numbers.len()).contains(&column.index);
        column.set_padding((if is_number { 1 } else { 0 }, 0));
        if is_number {
            column.set_cell_alignment(CellAlignment::Right);
        } else if column.index > 0 {
            column.set_padding((2, 0));
        }
    }
    table
}

/// What is said of a member where there is room.
fn result(member: &Member) -> String {
    match (&member.expectation, &member.entry.expect) {
        (Some(met), Some(Expect::CaughtBy(names))) if met.met && !names.is_empty() => {
            let more = if names.len() > 1 { format!(" and {} more", names.len() - 1) } else { String::new() };
            format!("ok: caught by {}{more}", names[0])
        }
        (Some(expectation), _) => one_line(&expectation.text, SENTENCE),
        (None, _) => one_line(&member.summary, SENTENCE),
    }
}

/// The same where there is little room; a check is told by its place (`m3.2`), as in the page.
fn short(results: &LabResults, member: &Member) -> String {
    match (&member.expectation, &member.entry.expect) {
        (Some(met), Some(Expect::CaughtBy(names))) if met.met => {
            let places: Vec<String> = names.iter().filter_map(|name| place(results, name)).collect();
            if places.is_empty() { result(member) } else { format!("ok: {}", places.join(" ")) }
        }
        (None, _) if member.was_run() => member.missed().unwrap_or_else(|| "all passed".to_owned()),
        _ => result(member),
    }
}

/// `m3.2`: the second check of the milestone.
fn place(results: &LabResults, name: &str) -> Option<String> {
    results.head.milestones.iter().find_map(|milestone| {
        let at = milestone.checks.iter().position(|check| check.name == name)?;
        Some(format!("{}.{}", milestone.id, at + 1))
    })
}

/// What is said at the end of a run: the class as a whole, and the circumstances.
#[must_use]
pub fn end(results: &Results) -> String {
    let mut lines: Vec<String> =
        results.run.notes.iter().map(|note| format!("note: {}", one_line(note, 200))).collect();
    if !results.complete {
        lines.push(
            "n+k?: k points are undecided (grader error, interrupted, or files of an unknown lab); they are not lost"
                .to_owned(),
        );
    }
    lines.extend(ending::lines(results));
    let of_labs = match results.labs.len() {
        1 => String::new(),
        labs => format!(" in {labs} labs"),
    };
    match results.expected() {
        Some((met, all)) => lines.push(format!("sample class: {met} of {all} as expected{of_labs}")),
        None => {
            let count = results.students.len();
            let plural = if count == 1 { "" } else { "s" };
            lines.push(format!("graded: {count} student{plural}{of_labs}"));
        }
    }
    let run = &results.run;
    lines.push(format!("sandbox: {}; memory: {}; seed: {}", run.level, run.memory_guard, run.seed));
    lines.join("\n")
}

#[cfg(test)]
mod tests;
