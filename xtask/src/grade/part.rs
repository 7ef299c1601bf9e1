//! One lab of a run: its members, what is known of them, and what is left to do.

use super::class::{Event, Member};
use super::kept::{Kept, is_verdict};
use crate::journal::{Journal, Line};
use crate::score::{Entry, Found, Plan};
use crate::workspace::Lab;

/// One lab of a run.
pub(super) struct Part {
    pub(super) lab: Lab,
    pub(super) members: Vec<Member>,
    pub(super) plan: Plan,
    pub(super) journal: Journal,
    pub(super) found: Vec<Found>,
    pub(super) kept: Kept,
    /// Whether the run has come to it.
    pub(super) is_begun: bool,
}

impl Part {
    pub(super) fn checks(&self) -> usize {
        self.lab.manifest.checks().count()
    }

    /// The first of a student's attempts with the same work as this later one.
    pub(super) fn first_of(&self, member: usize) -> Option<usize> {
        let (own, others) = (&self.plan.members[member], &self.plan.members[..member]);
        let is_same = |other: &Entry| other.work == own.work && other.student() == own.student();
        others.iter().position(is_same).filter(|_| !own.work.is_empty())
    }

    /// Of each member the checks that have no verdict yet, by their places in the lab; none of an attempt that was handed in
    /// before.
    pub(super) fn todo(&self) -> Vec<Vec<usize>> {
        let of_member = |(at, (member, found)): (usize, (&Member, &Found))| {
            if self.first_of(at).is_some() {
                return Vec::new();
            }
            let is_open =
                |name: &str| found.checks.get(name).is_none_or(|outcome| !is_verdict(outcome.verdict));
            let is_left = member.entry.refused.is_none() && found.compile_error.is_none();
            let checks =
                self.lab.manifest.checks().enumerate().filter(|(_, check)| is_left && is_open(&check.name));
            checks.map(|(place, _)| place).collect()
        };
        self.members.iter().zip(&self.found).enumerate().map(of_member).collect()
    }

    /// The members, of several attempts the last one that is there.
    pub(super) fn last_attempts(&self) -> Vec<Member> {
        let mut last: Vec<Member> = Vec::new();
        for member in self.members.iter().filter(|member| !member.work.is_nothing()) {
            let student = |member: &Member| member.entry.student().to_owned();
            match last.last_mut().filter(|other| student(other) == student(member)) {
                Some(other) => *other = member.clone(),
                None => last.push(member.clone()),
            }
        }
        for member in &mut last {
            member.entry.name = member.entry.student().to_owned();
        }
        last
    }
}

/// Notes a step; gives its member and its line for the journal.
pub(super) fn record(found: &mut [Found], event: &Event) -> (usize, Line) {
    match event {
        Event::Built { member, compile_error } => {
            found[*member].compile_error.clone_from(compile_error);
            (*member, Line::Built { member: *member, compile_error: compile_error.clone() })
        }
        Event::Checked { member, outcome } => {
            found[*member].checks.insert(outcome.check.clone(), outcome.clone());
            (*member, Line::Check { member: *member, outcome: outcome.clone() })
        }
    }
}
