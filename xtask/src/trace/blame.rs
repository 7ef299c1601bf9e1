//! Pure: why a recorded tree cannot go on. The classic reason has a sentence of its own: a reader waits for
//! the end of a pipe whose write end somebody has forgotten to close.

use std::collections::BTreeMap;

use tracer::{Call, Does, End, Event, Hold, Recording, Side};

use super::words;
use crate::text::one_line;

/// Who waits, and which ends were never closed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Blame {
    /// A sentence for each thread that waits.
    pub(super) waits: Vec<String>,
    /// Ends that keep a reader waiting though nobody will write: places in `Recording::holds`.
    pub(super) forgotten: Vec<usize>,
    /// What to do about each.
    pub(super) fixes: Vec<String>,
}

/// Why nothing moves. Empty if the program ended by itself.
pub(super) fn blame(recording: &Recording) -> Blame {
    let mut blame = Blame::default();
    if recording.end == End::Over {
        return blame;
    }
    let mut ends: BTreeMap<(usize, &str), Vec<&Hold>> = BTreeMap::new();
    let mut pending: Vec<_> = recording.pending().collect();
    pending.sort_by_key(|(event, _)| event.process);
    for (event, call) in pending {
        let mut text = sentence(recording, event, call);
        if let Some(object) = pipe_read(recording, call) {
            let found = forgotten(recording, event.process, object);
            let holders: Vec<_> =
                found.iter().map(|&hold| holder(recording, &recording.holds[hold])).collect();
            if !holders.is_empty() {
                text.push_str(&format!(", which does not come: still open in {}", holders.join(" and in ")));
            }
            for hold in found {
                if !blame.forgotten.contains(&hold) {
                    blame.forgotten.push(hold);
                    let held = &recording.holds[hold];
                    ends.entry((held.process, when(recording, held, event.process))).or_default().push(held);
                }
            }
        }
        blame.waits.push(text);
    }
    blame.fixes =
        ends.into_iter().map(|((process, when), ends)| fix(recording, process, when, &ends)).collect();
    blame
}

/// The pipe that a call reads.
fn pipe_read(recording: &Recording, call: &Call) -> Option<usize> {
    let (Does::Read(using) | Does::Move(using, _)) = &call.does else { return None };
    using
        .object
        .filter(|&object| recording.objects[object].is_channel() && !recording.objects[object].outside)
}

/// Write ends of `object` that nobody will use: the reader's own; those of a process that waits for its
/// children, or that has made the reader; and those that are no standard output, so that the program behind
/// them does not know of them. A stage that waits for its own input is not to blame.
fn forgotten(recording: &Recording, reader: usize, object: usize) -> Vec<usize> {
    let is_open = |hold: &Hold| hold.object == object && hold.side == Side::Write && hold.to.is_none();
    let open = recording.holds.iter().enumerate().filter(|(_, hold)| is_open(hold));
    let waits_for_child = |process: usize| {
        recording
            .pending()
            .any(|(event, call)| event.process == process && matches!(call.does, Does::Wait(..)))
    };
    let guilty = |hold: &Hold| {
        hold.process == reader
            || hold.fd > 2
            || waits_for_child(hold.process)
            || is_ancestor(recording, hold.process, reader)
    };
    open.filter(|(_, hold)| guilty(hold)).map(|(place, _)| place).collect()
}

fn is_ancestor(recording: &Recording, older: usize, younger: usize) -> bool {
    let parent = |process: &usize| recording.processes[*process].parent;
    std::iter::successors(parent(&younger), parent).any(|process| process == older)
}

fn sentence(recording: &Recording, event: &Event, call: &Call) -> String {
    let mut who = named(recording, event.process);
    if event.tid != recording.processes[event.process].pid {
        who = format!("thread {} of {who}", event.tid);
    }
    let name = |object: Option<usize>| object.map_or("?", |object| recording.objects[object].name.as_str());
    match &call.does {
        Does::Read(using) | Does::Move(using, _) if pipe_read(recording, call).is_some() => {
            format!("{who} waits for bytes or the end of pipe {}", name(using.object))
        }
        Does::Read(using) => format!("{who} waits for bytes from {}", words::end(recording, *using)),
        Does::Write(using) => format!("{who} waits for room in pipe {}", name(using.object)),
        Does::Wait(whom, _) => {
            match i32::try_from(*whom).ok().and_then(|pid| recording.process_at(pid, u32::MAX)) {
                Some(child) => format!("{who} waits for {} to end", named(recording, child)),
                None => format!("{who} waits for a child to end"),
            }
        }
        Does::Open(path, _) => {
            format!("{who} waits until somebody opens the other end of {}", one_line(path, 80))
        }
        _ => format!("{who} waits in {}", words::short(recording, event, true)),
    }
}

fn named(recording: &Recording, process: usize) -> String {
    format!("{} ({})", words::who(recording, process), recording.processes[process].pid)
}

fn holder(recording: &Recording, hold: &Hold) -> String {
    format!("{} as fd {}", named(recording, hold.process), hold.fd)
}

/// At which moment of its life a process should have closed an end.
fn when(recording: &Recording, hold: &Hold, reader: usize) -> &'static str {
    let process = &recording.processes[hold.process];
    let inherited = process.parent.is_some() && hold.from <= process.made;
    if is_ancestor(recording, hold.process, reader) {
        "after the last fork that needs it, and before it waits"
    } else if hold.process == reader && !inherited {
        "before it waits for the end of that pipe"
    } else {
        "after its fork, and before its exec"
    }
}

fn fix(recording: &Recording, process: usize, when: &str, ends: &[&Hold]) -> String {
    let list = |words: Vec<String>| words.join(", ");
    let fds = list(ends.iter().map(|hold| hold.fd.to_string()).collect());
    let pipes = list(ends.iter().map(|hold| recording.objects[hold.object].name.clone()).collect());
    let who = words::who(recording, process);
    match ends {
        [_] => format!("close fd {fds}, the write end of pipe {pipes}, in {who}: {when}"),
        _ => format!("close fds {fds}, the write ends of pipes {pipes}, in {who}: {when}"),
    }
}
