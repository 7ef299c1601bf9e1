//! What the teacher sees while a class is graded: a bar on a terminal, a line for each member elsewhere.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

use super::class::Event;
use crate::score::{Found, Plan};
use crate::text::one_line;

/// Follows a class, step by step.
#[derive(Debug)]
pub(super) struct Progress {
    lab: String,
    bar: Option<ProgressBar>,
    checks: usize,
    finished: usize,
    members: usize,
}

impl Progress {
    /// For `members` members to be graded in `lab` with `checks` checks each.
    #[must_use]
    pub(super) fn new(lab: &str, members: usize, checks: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new((members * (checks + 1)) as u64);
            let look = ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len} steps, {elapsed}, {msg}");
            let bar = bar.with_prefix(format!("lab {lab}"));
            look.map(|look| bar.clone().with_style(look)).unwrap_or(bar)
        });
        Self { lab: lab.to_owned(), bar, checks, finished: 0, members }
    }

    /// A step of a member has ended; `found` is what is known of the member now.
    pub(super) fn step(&mut self, event: &Event, plan: &Plan, found: &Found) {
        let (Event::Built { member, .. } | Event::Checked { member, .. }) = event;
        let name = one_line(&plan.members[*member].name, 40);
        let is_over = found.compile_error.is_some() || found.checks.len() == self.checks;
        let steps = if found.compile_error.is_some() { self.checks + 1 } else { 1 };
        self.finished += usize::from(is_over);
        match &self.bar {
            Some(bar) => {
                bar.inc(steps as u64);
                bar.set_message(name);
            }
            None if is_over => {
                let points: u32 = found.checks.values().map(|check| check.points).sum();
                let Self { lab, finished, members, .. } = self;
                anstream::eprintln!("lab {lab}: {finished}/{members} {name}: {points} points");
            }
            None => {}
        }
    }

    /// Takes the bar away.
    pub(super) fn end(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}
