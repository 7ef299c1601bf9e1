//! Pure: the events worth a mark of their own. What repeats is folded into one.

use std::collections::HashMap;

use tracer::{Call, Does, Event, Moment, Recording, Side, What};

use super::words::{self, Class};

/// One mark in a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// A place in `Recording::processes`.
    pub(super) process: usize,
    /// When its (first) call was entered.
    pub(super) began: Moment,
    /// The moment at which it counts.
    pub(super) at: Moment,
    /// When its (last) call returned; `None`: never.
    pub(super) until: Option<Moment>,
    pub(super) class: Class,
    /// What it is, while it lasts: `read A.r`.
    pub(super) open: String,
    /// What it was: `read A.r 3 B`.
    pub(super) short: String,
    /// What more there is to say.
    pub(super) long: String,
    /// How many calls it stands for, and in how many of them the process slept.
    pub(super) count: usize,
    pub(super) slept: usize,
    /// Bytes moved.
    pub(super) bytes: i64,
    /// Data goes into (`Write`) or comes from (`Read`) this object.
    pub(super) flow: Option<(usize, Side)>,
    /// The process that it makes or that it has waited for.
    pub(super) partner: Option<usize>,
    /// Bytes were moved; more of the same may be folded into it.
    pub(super) is_transfer: bool,
    is_failed_exec: bool,
}

/// All items, in the order of their beginnings.
pub(super) fn items(recording: &Recording) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    // Of each process: its items since the last that was no transfer.
    let mut runs: HashMap<usize, Vec<usize>> = HashMap::new();
    // The number of each thread that is not its process's first.
    let mut threads: HashMap<i32, usize> = HashMap::new();
    let mut counts: HashMap<usize, usize> = HashMap::new();
    for event in recording.events.iter().filter(|event| !is_dull(recording, event)) {
        let mut item = item(recording, event);
        if event.tid != recording.processes[event.process].pid {
            let number = threads.entry(event.tid).or_insert_with(|| {
                let count = counts.entry(event.process).or_insert(1);
                *count += 1;
                *count
            });
            item.open = format!("t{number} {}", item.open);
            item.short = format!("t{number} {}", item.short);
        }
        let run = runs.entry(event.process).or_default();
        if let Some(&place) =
            run.iter().rev().find(|&&place| takes(&items[place], &item, run.last() == Some(&place)))
        {
            fold(&mut items[place], item);
            continue;
        }
        if !item.is_transfer {
            run.clear();
        }
        run.push(items.len());
        items.push(item);
    }
    items
}

/// Whether `next` is more of the same as `item`, which `is_last` of its process.
fn takes(item: &Item, next: &Item, is_last: bool) -> bool {
    if item.until.is_none() || next.until.is_none() {
        return false;
    }
    let same_transfer = item.is_transfer && next.is_transfer && item.open == next.open;
    // A search along PATH; or a question asked again and again.
    let again = item.short == next.short && item.partner == next.partner && !next.is_transfer;
    let searched = item.is_failed_exec && next.class == Class::Life && next.open.starts_with("exec ");
    same_transfer || (is_last && (again || searched))
}

fn fold(item: &mut Item, next: Item) {
    item.count += next.count;
    item.slept += next.slept;
    item.bytes += next.bytes;
    item.until = next.until;
    if item.is_transfer {
        item.short = format!("{} {} ({}x)", item.open, words::bytes(item.bytes), item.count);
    } else if item.is_failed_exec {
        item.short = next.short;
        item.open = next.open;
        item.long = format!("{}; {} places searched", next.long, item.count);
        item.at = next.at;
        item.is_failed_exec = next.is_failed_exec;
    } else {
        item.short = next.short;
    }
}

/// Says nothing about the traffic between processes.
fn is_dull(recording: &Recording, event: &Event) -> bool {
    let What::Call(call) = &event.what else { return false };
    match (&call.does, call.result) {
        // Nobody waited.
        (Does::FutexWake(_), Some(Ok(0))) => true,
        // It did not have to wait.
        (Does::FutexWait(_) | Does::Poll(_), Some(Err(_) | Ok(0))) => !event.slept,
        // What it was given and what it closes at its end concern nobody.
        (Does::Close(all), _) => {
            !all.is_empty()
                && all.iter().all(|using| {
                    using.fd <= 2 && using.object.is_some_and(|object| recording.objects[object].outside)
                })
        }
        _ => false,
    }
}

fn item(recording: &Recording, event: &Event) -> Item {
    let call = match &event.what {
        What::Call(call) => Some(call),
        _ => None,
    };
    let moved =
        call.and_then(|call| call.result).and_then(Result::ok).filter(|count| *count > 0).unwrap_or(0);
    let flow = call.and_then(flow);
    Item {
        process: event.process,
        began: event.began,
        at: event.at(),
        until: if call.is_some() { event.returned } else { Some(event.began) },
        class: words::class(&event.what),
        open: words::short(recording, event, true),
        short: words::short(recording, event, false),
        long: words::long(recording, event),
        count: 1,
        slept: usize::from(event.slept),
        bytes: if flow.is_some() { moved } else { 0 },
        flow,
        partner: call.and_then(|call| partner(recording, event, call)),
        is_transfer: moved > 0 && call.is_some_and(is_transfer),
        is_failed_exec: call.is_some_and(|call| {
            matches!(call.does, Does::Exec { .. }) && matches!(call.result, Some(Err(_)))
        }),
    }
}

fn is_transfer(call: &Call) -> bool {
    matches!(call.does, Does::Read(_) | Does::Write(_) | Does::Move(..))
}

fn flow(call: &Call) -> Option<(usize, Side)> {
    match &call.does {
        Does::Read(using) | Does::Move(using, _) => Some((using.object?, Side::Read)),
        Does::Write(using) => Some((using.object?, Side::Write)),
        _ => None,
    }
}

fn partner(recording: &Recording, event: &Event, call: &Call) -> Option<usize> {
    match &call.does {
        Does::Fork(child) => *child,
        Does::Wait(_, Some((pid, _))) => recording.process_at(*pid, event.at()),
        _ => None,
    }
}
