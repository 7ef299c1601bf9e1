//! What the teacher sees while a class is graded: a bar on a terminal, a line for each member elsewhere.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

use super::class::Event;
use crate::score::{Found, Plan};
use crate::text::one_line;

/// The name gets what is left of the line: a line that is cut by the terminal would be drawn anew below itself.
const BAR: &str = "{prefix} {bar:20} {pos}/{len} steps, {elapsed}, about {eta} left, {wide_msg}";

/// Follows a class, step by step.
#[derive(Debug)]
pub(super) struct Progress {
    lab: String,
    bar: Option<ProgressBar>,
    /// How many checks of each member have no verdict yet.
    left: Vec<usize>,
    finished: usize,
    members: usize,
}

impl Progress {
    /// For a lab and what is to be done: the checks of each member.
    #[must_use]
    pub(super) fn new(lab: &str, todo: &[Vec<usize>]) -> Self {
        let checks: Vec<usize> = todo.iter().map(Vec::len).collect();
        let members = checks.iter().filter(|checks| **checks > 0).count();
        let steps = checks.iter().sum::<usize>() + members;
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(steps as u64);
            let look = ProgressStyle::with_template(BAR);
            let bar = bar.with_prefix(format!("lab {lab}"));
            look.map(|look| bar.clone().with_style(look)).unwrap_or(bar)
        });
        Self { lab: lab.to_owned(), bar, left: checks, finished: 0, members }
    }

    /// A step of a member has ended; `found` is what is known of the member now.
    pub(super) fn step(&mut self, event: &Event, plan: &Plan, found: &Found) {
        let (Event::Built { member, .. } | Event::Checked { member, .. }) = event;
        let name = one_line(&plan.members[*member].name, 40);
        let steps = match event {
            Event::Built { compile_error: Some(_), .. } => 1 + std::mem::take(&mut self.left[*member]),
            Event::Built { .. } => 1,
            Event::Checked { .. } => {
                self.left[*member] = self.left[*member].saturating_sub(1);
                1
            }
        };
        let is_over = self.left[*member] == 0;
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
