//! `watch` without a screen: each round is appended as text, for a pipe, a log, a dumb terminal, a screen reader.

use std::io::{self, Write as _};

use crate::manifest::Check;
use crate::outcome::CheckOutcome;
use crate::show::{self, Told};

use super::screen::{bar, marks};
use super::state::State;

const COLUMNS: usize = 80;

/// What is printed first.
pub(super) fn begin(state: &State) -> io::Result<()> {
    let manifest = &state.manifest;
    say(&format!("watching lab {} {} ({}); Ctrl-C ends it", manifest.id, manifest.title, state.how))
}

/// A save.
pub(super) fn saved(state: &State) -> io::Result<()> {
    say(&format!("\nsaved {}", state.saved.join(", ")))
}

/// The checks that begin now.
pub(super) fn checking(state: &State, checks: &[Check]) -> io::Result<()> {
    let first = checks.first().and_then(|check| state.manifest.milestone_of(&check.name));
    let others =
        checks.len() - first.map_or(0, |m| checks.iter().filter(|check| m.checks.contains(check)).count());
    let title = first.map_or_else(String::new, show::milestone_line);
    let more = match others {
        0 => String::new(),
        1 => " and 1 check of other milestones".to_owned(),
        many => format!(" and {many} checks of other milestones"),
    };
    say(&format!("\n{title}{more}"))
}

/// A verdict, as soon as it is there.
pub(super) fn outcome(state: &State, outcome: &CheckOutcome) -> io::Result<()> {
    say(&show::check_lines(&state.manifest.id, outcome, Told::Line, None))
}

/// A line worth to be read.
pub(super) fn note(note: &str) -> io::Result<()> {
    say(&format!("\n{note}"))
}

/// The end of a round: what to mend first, and the points.
pub(super) fn rest(state: &State) -> io::Result<()> {
    if let Some(refusal) = &state.refusal {
        return say(&format!("\n{refusal}\n\ndoes not compile; waiting for a save"));
    }
    if let Some(first) = state.failures().first() {
        say(&format!(
            "\n{}",
            show::check_lines(&state.manifest.id, first, Told::Text, state.likely().as_ref())
        ))?;
        let lab = &state.manifest.id;
        if let Some(milestone) = state.manifest.milestone_of(&first.check) {
            say(&format!("  | hint:  cargo xtask hint {lab} {}", milestone.id))?;
        }
    }
    say(&format!("\n{}", bar(state, COLUMNS)))?;
    for line in marks(state, COLUMNS) {
        say(&line)?;
    }
    say("waiting for a save")
}

fn say(text: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}
