//! Pure: where everything stands in the picture. A row is a moment, a lane a process; text and page only
//! draw what is laid out here.

use std::collections::BTreeMap;

use tracer::{End, GaveUp, Moment, Recording, Side};

use super::blame::{Blame, blame};
use super::items::{Item, items};
use super::summary;
use super::words::{self, Class};
use crate::text::one_line;

/// A recording, laid out.
#[derive(Debug)]
pub(super) struct Picture {
    /// What was run.
    pub(super) command: String,
    /// How it ended, in words.
    pub(super) outcome: String,
    /// Whether it could not go on.
    pub(super) is_stuck: bool,
    /// What else must be known.
    pub(super) notes: Vec<String>,
    pub(super) lanes: Vec<Lane>,
    pub(super) items: Vec<Item>,
    pub(super) rows: Vec<Row>,
    pub(super) pipes: Vec<Pipe>,
    pub(super) blame: Blame,
}

/// A process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lane {
    pub(super) name: String,
    pub(super) pid: i32,
    /// Who made it.
    pub(super) parent: Option<usize>,
    /// What it ran, and how it ended.
    pub(super) command: String,
    pub(super) fate: String,
    /// How many ancestors it has here.
    pub(super) depth: usize,
    /// The row of the fork that made it.
    pub(super) born: Option<usize>,
    /// The rows in which it lives.
    pub(super) from: usize,
    pub(super) to: usize,
    /// Calls before `main`, and other calls without a mark.
    pub(super) loading: u64,
    pub(super) quiet: u64,
    pub(super) spans: Vec<Span>,
}

/// Rows of a lane in which one thing lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) item: usize,
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) kind: Lasts,
}

/// How it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lasts {
    /// The process sleeps.
    Blocked,
    /// The process sleeps, and will for ever.
    Stuck,
    /// Many calls are drawn as one.
    Folded,
}

/// A row: a mark of one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) item: usize,
    pub(super) moment: Moment,
    pub(super) phase: Phase,
}

/// Which part of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Whole,
    Begin,
    End,
}

/// Who holds a pipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pipe {
    pub(super) name: String,
    pub(super) object: usize,
    /// `write end` and so on, and its holders by time.
    pub(super) ends: Vec<(&'static str, Vec<Holder>)>,
    pub(super) is_forgotten: bool,
}

/// Somebody who holds an end by one descriptor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holder {
    pub(super) lane: usize,
    pub(super) fd: i32,
    pub(super) side: Side,
    /// Rows.
    pub(super) from: usize,
    pub(super) to: usize,
    /// How it gave it up; `None`: never.
    pub(super) gave_up: Option<GaveUp>,
    /// A reader waits because of it.
    pub(super) is_forgotten: bool,
    /// A copy that fork made and that was closed before the program began.
    pub(super) is_brief: bool,
}

impl Lane {
    /// `wc 12`.
    pub(super) fn label(&self) -> String {
        format!("{} {}", self.name, self.pid)
    }
}

/// No line of an autopsy is longer, in characters.
const AUTOPSY: usize = 400;

/// With more pipes than this, copies that were closed at once are left out.
const FEW: usize = 3;

impl Picture {
    /// Whether a holder is drawn.
    pub(super) fn shows(&self, holder: &Holder) -> bool {
        holder.is_forgotten || self.pipes.len() <= FEW || !holder.is_brief
    }

    /// How many holders are not drawn.
    pub(super) fn hidden(&self) -> usize {
        let all = self.pipes.iter().flat_map(|pipe| &pipe.ends).flat_map(|(_, holders)| holders);
        all.filter(|holder| !self.shows(holder)).count()
    }
}

/// Lays out a recording.
///
/// `autopsy` is what somebody else has found out about a tree that cannot go on; it is told where no end was
/// simply forgotten.
pub(super) fn picture(recording: &Recording, autopsy: Option<&str>) -> Picture {
    let items = items(recording);
    let mut blame = blame(recording);
    if let Some(text) = autopsy.filter(|_| blame.forgotten.is_empty()) {
        blame.waits = text.lines().map(|line| one_line(line, AUTOPSY)).collect();
    }
    let rows = rows(&items);
    let lanes = lanes(recording, &items, &rows);
    let pipes = pipes(recording, &rows, &blame);
    Picture {
        command: recording
            .processes
            .first()
            .and_then(|p| p.images.first())
            .map_or_else(String::new, |image| words::command_line(&image.argv)),
        outcome: summary::outcome(recording),
        is_stuck: recording.end == End::Stuck,
        notes: summary::notes(recording),
        lanes,
        items,
        rows,
        pipes,
        blame,
    }
}

/// An item that lasts has two rows, unless nothing else happens between.
fn rows(items: &[Item]) -> Vec<Row> {
    let mut rows = Vec::new();
    for (place, item) in items.iter().enumerate() {
        let row = |moment, phase| Row { item: place, moment, phase };
        match item.until {
            Some(until) if item.slept > 0 || (item.is_transfer && item.count > 1) => {
                rows.extend([row(item.began, Phase::Begin), row(until, Phase::End)]);
            }
            Some(_) => rows.push(row(item.at, Phase::Whole)),
            None => rows.push(row(item.began, Phase::Begin)),
        }
    }
    rows.sort_by_key(|row| row.moment);
    let mut merged: Vec<Row> = Vec::new();
    for row in rows {
        match merged.last_mut() {
            Some(last) if last.item == row.item => last.phase = Phase::Whole,
            _ => merged.push(row),
        }
    }
    merged
}

/// The first row that is not before a moment.
fn row_of(rows: &[Row], moment: Moment) -> usize {
    rows.partition_point(|row| row.moment < moment)
}

fn lanes(recording: &Recording, items: &[Item], rows: &[Row]) -> Vec<Lane> {
    let mut lanes: Vec<Lane> = Vec::new();
    for (place, process) in recording.processes.iter().enumerate() {
        lanes.push(Lane {
            name: words::who(recording, place),
            pid: process.pid,
            parent: process.parent,
            command: process.images.last().map_or_else(String::new, |image| words::command_line(&image.argv)),
            fate: process.ended.map_or_else(|| "did not end".to_owned(), |(_, status)| status.to_string()),
            depth: process.parent.map_or(0, |parent| lanes[parent].depth + 1),
            born: None,
            from: row_of(rows, process.made),
            to: process.ended.map_or(rows.len(), |(moment, _)| row_of(rows, moment) + 1),
            loading: process.images.iter().map(|image| image.loading).sum(),
            quiet: process.other_calls,
            spans: Vec::new(),
        });
    }
    let mut open = BTreeMap::new();
    for (number, row) in rows.iter().enumerate() {
        if let (Class::Life, Some(child)) = (items[row.item].class, items[row.item].partner) {
            lanes[child].born = Some(number);
            lanes[child].from = number + 1;
        }
        match row.phase {
            Phase::Begin => drop(open.insert(row.item, number)),
            Phase::End => {
                let Some(from) = open.remove(&row.item) else { continue };
                let item = &items[row.item];
                let kind = if item.slept > 0 { Lasts::Blocked } else { Lasts::Folded };
                lanes[item.process].spans.push(Span { item: row.item, from, to: number, kind });
            }
            Phase::Whole => {}
        }
    }
    for (place, from) in open {
        let lane = &mut lanes[items[place].process];
        let kind = if recording.end == End::Over { Lasts::Blocked } else { Lasts::Stuck };
        lane.spans.push(Span { item: place, from, to: lane.to.saturating_sub(1), kind });
    }
    lanes
}

fn pipes(recording: &Recording, rows: &[Row], blame: &Blame) -> Vec<Pipe> {
    let mut pipes = Vec::new();
    for (object, thing) in recording.objects.iter().enumerate() {
        if !thing.is_channel() || thing.outside {
            continue;
        }
        let holders = |side: Side| -> Vec<Holder> {
            let all = recording.holds.iter().enumerate();
            all.filter(|(_, hold)| hold.object == object && hold.side == side)
                .map(|(place, hold)| Holder {
                    lane: hold.process,
                    fd: hold.fd,
                    side,
                    from: row_of(rows, hold.from),
                    to: hold.to.map_or(rows.len(), |(moment, _)| row_of(rows, moment)),
                    gave_up: hold.to.map(|(_, how)| how),
                    is_forgotten: blame.forgotten.contains(&place),
                    is_brief: is_brief(recording, hold),
                })
                .collect()
        };
        let sides = [(Side::Write, "write end"), (Side::Read, "read end"), (Side::Both, "socket")];
        let ends: Vec<_> = sides.map(|(side, name)| (name, holders(side))).into();
        let ends: Vec<_> = ends.into_iter().filter(|(_, holders)| !holders.is_empty()).collect();
        let is_forgotten = ends.iter().any(|(_, holders)| holders.iter().any(|holder| holder.is_forgotten));
        pipes.push(Pipe { name: thing.name.clone(), object, ends, is_forgotten });
    }
    pipes
}

/// Inherited by fork, and gone before the process began its own work.
fn is_brief(recording: &Recording, hold: &tracer::Hold) -> bool {
    let process = &recording.processes[hold.process];
    let begins = process.images.first().map_or(Moment::MAX, |image| image.from);
    let inherited = hold.from == process.made && process.parent.is_some();
    inherited && hold.to.is_some_and(|(moment, how)| how != GaveUp::Ended && moment <= begins)
}
