//! Pure: how a recorded run ended, in a sentence, and what else must be known.

use tracer::{End, Recording, Status};

use super::words;

/// How it ended.
pub(super) fn outcome(recording: &Recording) -> String {
    let Some(program) = recording.processes.first() else { return "nothing was run".to_owned() };
    let name = words::name(recording, 0);
    let own = program.ended.map(|(_, status)| match status {
        Status::Exited(status) => format!("{name} ended with status {status}"),
        other => format!("{name} was {other}"),
    });
    match (recording.end, own) {
        (End::Stuck, None) => format!("{name} hangs: nobody can move any more"),
        (End::Stuck, Some(own)) => format!("{own}, and those it left can never move again"),
        (_, Some(own)) => own,
        (_, None) => format!("{name} had not ended when you stopped it"),
    }
}

/// What must be known besides.
pub(super) fn notes(recording: &Recording) -> Vec<String> {
    let mut notes = Vec::new();
    if recording.cut.is_some() {
        notes.push(format!(
            "Too much happened: only the first {} events were recorded. Who holds an end is known up to there.",
            recording.events.len()
        ));
    }
    let left = |p: &&tracer::Process| {
        p.parent.is_some()
            && recording.processes[0].ended.is_some_and(|(end, _)| p.ended.is_none_or(|(own, _)| own > end))
    };
    let left: Vec<String> = recording.processes.iter().filter(left).map(|p| p.pid.to_string()).collect();
    if !left.is_empty() && recording.end == End::Over {
        notes.push(format!(
            "{} outlived the program: {}",
            if left.len() == 1 { "A process" } else { "Processes" },
            left.join(", ")
        ));
    }
    notes
}
