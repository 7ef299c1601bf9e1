//! Pure: the picture as text. Few processes are columns side by side; many are a list with indentation.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use console::{Alignment, measure_text_width, pad_str, truncate_str};

use super::picture::{Holder, Lane, Lasts, Phase, Picture, Pipe, Row};
use super::words::Class;
use crate::text::fitted;

/// So many processes fit beside each other.
const COLUMNS: usize = 5;
/// A column narrower than this says nothing.
const NARROW: usize = 14;
/// Nobody reads more rows than this in a terminal.
const ROWS: usize = 400;

/// Of more pipes than this only those with a forgotten end are told.
const PIPES: usize = 24;
/// So many sentences about those who wait are enough.
pub(super) const WAITS: usize = 8;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const RED: Style = AnsiColor::Red.on_default().bold();
const WAIT: Style = AnsiColor::Yellow.on_default();

/// The whole picture, `width` columns wide.
#[must_use]
pub(super) fn render(picture: &Picture, width: usize) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{BOLD}{}{BOLD:#}", fitted(&picture.command, width));
    rows(&mut out, picture, width);
    pipes(&mut out, picture, width);
    let style = if picture.is_stuck { RED } else { Style::new() };
    let _ = writeln!(out, "\n{style}{}{style:#}", picture.outcome);
    for text in picture.blame.waits.iter().take(WAITS) {
        let _ = writeln!(out, "  {text}");
    }
    if picture.blame.waits.len() > WAITS {
        let _ = writeln!(out, "  and {} more wait", picture.blame.waits.len() - WAITS);
    }
    for text in &picture.blame.fixes {
        let _ = writeln!(out, "  {BOLD}fix:{BOLD:#} {text}");
    }
    for note in &picture.notes {
        let _ = writeln!(out, "  note: {note}");
    }
    out
}

fn rows(out: &mut String, picture: &Picture, width: usize) {
    let digits = picture.rows.len().to_string().len().max(2);
    let room = width.saturating_sub(digits + 2);
    let lanes = picture.lanes.len();
    let column = room / lanes.max(1);
    let shown = &picture.rows[..picture.rows.len().min(ROWS)];
    if lanes <= COLUMNS && column >= NARROW {
        let names = picture.lanes.iter().map(|lane| cell(&lane.label(), column, BOLD));
        let _ = writeln!(out, "{DIM}{:>digits$}{DIM:#}  {}", "#", names.collect::<String>().trim_end());
        for (number, row) in shown.iter().enumerate() {
            let cells: String =
                (0..lanes).map(|lane| lane_cell(picture, number, row, lane, column)).collect();
            let _ = writeln!(out, "{DIM}{:>digits$}{DIM:#}  {}", number + 1, cells.trim_end());
        }
        ends(out, picture, digits, column);
    } else {
        list(out, picture, shown, digits, room);
    }
    if picture.rows.len() > ROWS {
        let _ = writeln!(
            out,
            "{DIM}{} more rows: they are in the page, and not in this text{DIM:#}",
            picture.rows.len() - ROWS
        );
    }
}

/// One lane in one row.
fn lane_cell(picture: &Picture, number: usize, row: &Row, lane: usize, width: usize) -> String {
    let (place, lane) = (lane, &picture.lanes[lane]);
    if picture.items[row.item].process == place {
        let (text, style) = mark(picture, row, lane);
        return cell(&text, width, style);
    }
    let lasting = lane.spans.iter().find(|span| span.from < number && number <= span.to);
    match lasting.map(|span| span.kind) {
        Some(Lasts::Blocked) => cell("▒", width, WAIT),
        Some(Lasts::Stuck) => cell("█", width, RED),
        Some(Lasts::Folded) => cell("┊", width, DIM),
        None if lane.from <= number && number < lane.to => cell("│", width, DIM),
        None => " ".repeat(width),
    }
}

/// Lanes that hang say so under the last row.
fn ends(out: &mut String, picture: &Picture, digits: usize, column: usize) {
    let hangs = |lane: &Lane| lane.spans.iter().any(|span| span.kind == Lasts::Stuck);
    if !picture.lanes.iter().any(hangs) {
        return;
    }
    let cells = picture.lanes.iter().map(|lane| match hangs(lane) {
        true if picture.is_stuck => cell("█ for ever", column, RED),
        true => cell("█ at the end", column, RED),
        false => " ".repeat(column),
    });
    let _ = writeln!(out, "{:>digits$}  {}", "", cells.collect::<String>().trim_end());
}

/// The words of a row, and their style.
fn mark(picture: &Picture, row: &Row, lane: &Lane) -> (String, Style) {
    let item = &picture.items[row.item];
    let is_stuck = lane.spans.iter().any(|span| span.item == row.item && span.kind == Lasts::Stuck);
    let style = match (item.class, row.phase) {
        _ if is_stuck => RED,
        (_, Phase::Begin) if item.slept > 0 => WAIT,
        (Class::Life, _) => BOLD,
        (Class::Signal, _) => AnsiColor::Magenta.on_default(),
        (Class::Data, _) => AnsiColor::Cyan.on_default(),
        _ => Style::new(),
    };
    let text = match row.phase {
        Phase::Begin if is_stuck && picture.is_stuck => format!("{} … for ever", item.open),
        Phase::Begin => format!("{} …", item.open),
        Phase::End => item.short.clone(),
        Phase::Whole if item.slept > 0 => format!("▒ {}", item.short),
        Phase::Whole => item.short.clone(),
    };
    (text, style)
}

/// A styled cell; a blank ends it.
fn cell(text: &str, width: usize, style: Style) -> String {
    let text = truncate_str(text, width.saturating_sub(1), "…");
    let padding = " ".repeat(width.saturating_sub(measure_text_width(&text)));
    format!("{style}{text}{style:#}{padding}")
}

fn list(out: &mut String, picture: &Picture, shown: &[Row], digits: usize, room: usize) {
    let who =
        picture.lanes.iter().map(|lane| lane.depth * 2 + lane.label().len()).max().unwrap_or(0).min(room / 3);
    for (number, row) in shown.iter().enumerate() {
        let lane = &picture.lanes[picture.items[row.item].process];
        let (text, style) = mark(picture, row, lane);
        let name = format!("{}{}", "  ".repeat(lane.depth.min(6)), lane.label());
        let text = fitted(&text, room.saturating_sub(who + 2));
        let name = pad_str(&fitted(&name, who), who, Alignment::Left, None).into_owned();
        let _ = writeln!(out, "{DIM}{:>digits$}{DIM:#}  {name}  {style}{text}{style:#}", number + 1);
    }
}

/// Who holds which end from when to when.
fn pipes(out: &mut String, picture: &Picture, width: usize) {
    if picture.pipes.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{BOLD}who holds which end of a pipe, by row{BOLD:#}");
    let labels: Vec<&str> = picture.lanes.iter().map(|lane| lane.name.as_str()).collect();
    let who = labels.iter().map(|label| measure_text_width(label)).max().unwrap_or(0).min(16);
    let bar = width.saturating_sub(12 + who + 7 + 10);
    let is_told = |(number, pipe): &(usize, &Pipe)| *number < PIPES || pipe.is_forgotten;
    let told: Vec<_> = picture.pipes.iter().enumerate().filter(is_told).collect();
    for (_, pipe) in &told {
        for (side, holders) in &pipe.ends {
            let mut head = format!("{} {side} ", pipe.name);
            for holder in holders.iter().filter(|holder| picture.shows(holder)) {
                let (style, line) = holder_line(picture, holder, &labels, who, bar);
                let _ = writeln!(
                    out,
                    "{}{style}{}{style:#}",
                    pad_str(&head, 12, Alignment::Left, None),
                    line.trim_end()
                );
                head.clear();
            }
        }
    }
    if told.len() < picture.pipes.len() {
        let more = picture.pipes.len() - told.len();
        let _ = writeln!(out, "{DIM}and {more} more pipes, which are in the page{DIM:#}");
    }
    let hidden = picture.hidden();
    if hidden > 0 {
        let _ = writeln!(
            out,
            "{DIM}and {hidden} copies that fork made and that were closed before the program began{DIM:#}"
        );
    }
}

fn holder_line(
    picture: &Picture,
    holder: &Holder,
    labels: &[&str],
    who: usize,
    bar: usize,
) -> (Style, String) {
    let style = match (holder.is_forgotten, holder.is_brief) {
        (true, _) => RED,
        (_, true) => DIM,
        _ => Style::new(),
    };
    let name = pad_str(&fitted(labels[holder.lane], who), who, Alignment::Left, None).into_owned();
    let span = match holder.gave_up {
        Some(_) => format!("#{}-{}", holder.from + 1, holder.to + 1),
        None => format!("#{}-end", holder.from + 1),
    };
    (style, format!("{name} fd {:<3}{span:<9} {}", holder.fd, holder_bar(picture.rows.len(), holder, bar)))
}

/// `├───┤`, or with an arrow if it was never closed.
fn holder_bar(rows: usize, holder: &Holder, width: usize) -> String {
    let scale = |row: usize| row * width.saturating_sub(1) / rows.max(1);
    let (from, to) = (scale(holder.from), scale(holder.to).max(scale(holder.from) + 1));
    let inner = to - from - 1;
    let line = if holder.is_forgotten { "━" } else { "─" };
    let mut middle = line.repeat(inner);
    let words = " never closed ";
    if holder.is_forgotten && inner > words.len() + 2 {
        let left = (inner - words.len()) / 2;
        middle = format!("{}{words}{}", line.repeat(left), line.repeat(inner - left - words.len()));
    }
    let end = if holder.gave_up.is_some() { "┤" } else { "▶" };
    format!("{}├{middle}{end}", " ".repeat(from))
}
