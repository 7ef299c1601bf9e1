//! Pure: the state as lines of a terminal, never more or longer than it has room for.

use anstyle::{AnsiColor, Style};
use console::truncate_str;

use crate::manifest::{Milestone, sentence};
use crate::show::{self, Told};

use super::state::{Page, Phase, State};
use super::wrap::{wrap, wrap_all, wrap_page};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default();

/// The room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) rows: usize,
    pub(super) columns: usize,
}

/// So many other failures are named below the one that is shown.
const OTHERS: usize = 6;

/// The whole screen.
pub(super) fn screen(state: &State, size: Size) -> Vec<String> {
    // The last row stays empty: there the shell goes on afterwards.
    let rows = size.rows.saturating_sub(1).max(6);
    let mut lines = head(state, size.columns);
    let room = rows.saturating_sub(lines.len() + 2);
    let (body, foot) = match &state.page {
        Some(page) => leaf(page, size.columns, room),
        None => (body(state, size.columns, room), keys()),
    };
    lines.push(String::new());
    lines.extend(body);
    lines.truncate(rows - 1);
    if lines.len() + 1 < rows {
        lines.push(String::new());
    }
    lines.push(foot);
    lines.iter().map(|line| truncate_str(line, size.columns, "…").into_owned()).collect()
}

/// Title, points, what goes on.
fn head(state: &State, columns: usize) -> Vec<String> {
    let manifest = &state.manifest;
    let title = format!("lab {} {}", manifest.id, manifest.title);
    let mut lines = wrap(&format!("{BOLD}{title}{BOLD:#}   {DIM}({}){DIM:#}", state.how), columns);
    lines.push(bar(state, columns));
    lines.extend(marks(state, columns));
    for note in &state.notes {
        let style = if note.is_good { GREEN } else { RED };
        lines.extend(wrap(&format!("{style}{}{style:#}", note.text), columns));
    }
    lines.extend(wrap(&doing(state), columns));
    lines
}

/// `[#####-----]  18/100`.
pub(super) fn bar(state: &State, columns: usize) -> String {
    let earned: u32 = state.manifest.milestones.iter().filter_map(|m| state.board.points(m)).sum();
    let max: u32 = state.manifest.milestones.iter().map(Milestone::points).sum();
    let width = columns.saturating_sub(12).clamp(10, 50);
    let full = width * earned as usize / (max as usize).max(1);
    format!("[{GREEN}{}{GREEN:#}{}] {earned:>3}/{max}", "#".repeat(full), "-".repeat(width - full))
}

/// `m1 8/8  m2 6/10  m3 -/12`, in as many lines as it takes.
pub(super) fn marks(state: &State, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for milestone in &state.manifest.milestones {
        let points = state.board.points(milestone);
        let shown = points.map_or("-".to_owned(), |points| points.to_string());
        let mark = format!("{} {shown}/{}", milestone.id, milestone.points());
        if used > 0 && used + 1 + mark.len() > columns {
            lines.push(String::new());
            used = 0;
        }
        let style = match points {
            Some(points) if points == milestone.points() => GREEN,
            Some(_) => RED,
            None => DIM,
        };
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(&format!("{style}{mark}{style:#}"));
            used += mark.len();
        }
    }
    lines
}

/// When so few checks are left, one of them is named.
const LAST: usize = 2;

/// What goes on, or how to go on.
fn doing(state: &State) -> String {
    let file = saved(state);
    match state.phase {
        Phase::Building => format!("{file}building ..."),
        Phase::Checking { done, of } => {
            // Of many the first is no news; of the last few, the one that keeps us waiting.
            let last = state.running().filter(|_| of - done <= LAST);
            let last = last.map(|check| format!(" now: {}", sentence(check))).unwrap_or_default();
            format!("{file}checking: {done} of {of} done ...{last}")
        }
        Phase::Waiting => format!("{file}{}", verdict(state)),
    }
}

/// `src/run.rs: `, `3 files: `, or nothing at the beginning.
fn saved(state: &State) -> String {
    match state.saved.as_slice() {
        [] => String::new(),
        [file] => format!("{file}: "),
        files => format!("{} files: ", files.len()),
    }
}

fn verdict(state: &State) -> String {
    let warnings = match state.warnings {
        0 => String::new(),
        1 => " 1 warning of the compiler.".to_owned(),
        many => format!(" {many} warnings of the compiler."),
    };
    if state.refusal.is_some() {
        return format!("{RED}does not compile.{RED:#} The points are those of before.");
    }
    match state.open() {
        None => format!("{GREEN}every check passes.{GREEN:#}{warnings}"),
        Some(open) => {
            let failed = state.failures().iter().filter(|outcome| is_of(open, &outcome.check)).count();
            let checks = if failed == 1 { "check fails" } else { "checks fail" };
            let advice = if state.saved.is_empty() { " Mend the first one and save." } else { "" };
            format!("{} {}: {failed} {checks}.{warnings}{advice}", open.id, open.title)
        }
    }
}

fn is_of(milestone: &Milestone, check: &str) -> bool {
    milestone.checks.iter().any(|own| own.name == check)
}

/// The compiler's words, or the first failure in full and the others in a line each.
fn body(state: &State, columns: usize, room: usize) -> Vec<String> {
    if let Some(refusal) = &state.refusal {
        return cut(wrap_all(refusal, columns), room);
    }
    let failures = state.failures();
    let Some((first, others)) = failures.split_first() else {
        return done(state);
    };
    let lab = &state.manifest.id;
    let mut others: Vec<String> = others
        .iter()
        .flat_map(|outcome| wrap(&show::check_lines(lab, outcome, Told::Line, None), columns))
        .collect();
    if others.len() > OTHERS {
        let more = others.len() + 1 - OTHERS;
        others.truncate(OTHERS - 1);
        others.push(format!("  {DIM}{more} more{DIM:#}"));
    }
    // What an earlier run has left is only the verdict.
    let told = if first.text.is_empty() { Told::Line } else { Told::Text };
    let block = wrap_all(&show::check_lines(lab, first, told, state.likely().as_ref()), columns);
    // The failure in full is what counts; the others get what is left, but never less than one line.
    let for_others = room.saturating_sub(block.len() + 1).clamp(1, OTHERS).min(others.len());
    let mut lines = cut(block, room.saturating_sub(if for_others == 0 { 0 } else { for_others + 1 }));
    if for_others > 0 {
        lines.push(String::new());
        if for_others < others.len() {
            let more = others.len() + 1 - for_others;
            others.truncate(for_others - 1);
            others.push(format!("  {DIM}{more} more fail; n shows the next{DIM:#}"));
        }
        lines.extend(others);
    }
    lines
}

fn done(state: &State) -> Vec<String> {
    if state.phase != Phase::Waiting {
        return Vec::new();
    }
    let id = &state.manifest.id;
    match state.open() {
        Some(open) => vec![format!("No check of {} has run yet. Save a file to begin.", open.id)],
        None => vec![format!("All is done. Once more, the whole lab: cargo xtask check {id}")],
    }
}

/// The first `room` lines; the last of them says if there are more.
fn cut(mut lines: Vec<String>, room: usize) -> Vec<String> {
    if lines.len() > room && room > 0 {
        let more = lines.len() + 1 - room;
        lines.truncate(room - 1);
        lines.push(format!("  {DIM}[{more} more lines: make the window taller]{DIM:#}"));
    }
    lines
}

/// The part of a page that is turned up, and how to go on.
fn leaf(page: &Page, columns: usize, room: usize) -> (Vec<String>, String) {
    let room = room.max(1);
    let lines = wrap_page(&page.text, columns);
    let leaves = lines.len().div_ceil(room).max(1);
    let turned = page.turned % leaves;
    let foot = match leaves {
        1 => format!("{BOLD}any key{BOLD:#} back"),
        _ => {
            format!("{BOLD}space{BOLD:#} more ({} of {leaves})  {BOLD}any other key{BOLD:#} back", turned + 1)
        }
    };
    (lines.into_iter().skip(turned * room).take(room).collect(), foot)
}

fn keys() -> String {
    let key = |key: &str, what: &str| format!("{BOLD}{key}{BOLD:#} {what}");
    [key("h", "hint"), key("e", "explain"), key("n", "next"), key("a", "all"), key("q", "quit")].join("  ")
}

#[cfg(test)]
mod tests;
