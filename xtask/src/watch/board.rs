//! Pure: what is known of each check, and which checks are to be run next.

use std::collections::{BTreeMap, BTreeSet};

use sandbox::protocol::Verdict;

use crate::manifest::{Check, Manifest, Milestone};
use crate::outcome::CheckOutcome;

/// The newest outcome of each check, and which of them are true of the program as it is now.
#[derive(Debug, Default)]
pub(super) struct Board {
    outcomes: BTreeMap<String, CheckOutcome>,
    fresh: BTreeSet<String>,
    /// Milestones before this one are left alone, unless all checks are asked for.
    start: usize,
}

impl Board {
    /// A board on which work begins at the milestone with the index `start`, with what earlier runs have told.
    pub(super) fn new(start: usize, remembered: impl IntoIterator<Item = CheckOutcome>) -> Self {
        let outcomes = remembered.into_iter().map(|outcome| (outcome.check.clone(), outcome)).collect();
        Self { outcomes, fresh: BTreeSet::new(), start }
    }

    /// The program is another one: nothing that was found out is sure any more.
    pub(super) fn age(&mut self) {
        self.fresh.clear();
    }

    /// Notes an outcome of the program as it is now.
    pub(super) fn note(&mut self, outcome: CheckOutcome) {
        self.fresh.insert(outcome.check.clone());
        self.outcomes.insert(outcome.check.clone(), outcome);
    }

    /// Which checks to run next, in this order: `first`, which the student looks at; what failed last in the
    /// first open milestone; the rest of that milestone; then the milestones before it, so that a step back is
    /// seen. What is known of this very program is left out. Empty: there is nothing to find out.
    ///
    /// With `all`, every other check follows.
    pub(super) fn plan(&self, manifest: &Manifest, first: Option<&str>, all: bool) -> Vec<Check> {
        let open = self.open(manifest).unwrap_or(manifest.milestones.len());
        let mut plan: Vec<(u8, &Check)> = Vec::new();
        for (index, milestone) in manifest.milestones.iter().enumerate() {
            for check in &milestone.checks {
                let rank = match index {
                    _ if first == Some(&check.name) && (all || index <= open) => 0,
                    _ if index == open && self.is_red(check) => 1,
                    _ if index == open => 2,
                    _ if index < open && (index >= self.start || all) => 3,
                    _ if all => 4,
                    _ => continue,
                };
                plan.push((rank, check));
            }
        }
        // The sort is stable: within a rank the order of `lab.toml` stays.
        plan.sort_by_key(|(rank, _)| *rank);
        let is_open = |check: &&Check| !self.fresh.contains(&check.name);
        plan.into_iter().map(|(_, check)| check).filter(is_open).cloned().collect()
    }

    /// The index of the first milestone without full marks; `None`: all have them.
    pub(super) fn open(&self, manifest: &Manifest) -> Option<usize> {
        let mut milestones = manifest.milestones.iter().enumerate().skip(self.start);
        milestones.find(|(_, milestone)| !self.is_full(milestone)).map(|(index, _)| index)
    }

    /// Whether every check of a milestone passed when it was run last.
    pub(super) fn is_full(&self, milestone: &Milestone) -> bool {
        milestone.checks.iter().all(|check| self.outcomes.get(&check.name).is_some_and(is_green))
    }

    /// Whether a check has ended since the program was built.
    pub(super) fn is_known(&self, check: &str) -> bool {
        self.fresh.contains(check)
    }

    /// Whether every check of a milestone was run on this very program.
    pub(super) fn is_fresh(&self, milestone: &Milestone) -> bool {
        milestone.checks.iter().all(|check| self.fresh.contains(&check.name))
    }

    /// A milestone's points; `None`: none of its checks was ever run.
    pub(super) fn points(&self, milestone: &Milestone) -> Option<u32> {
        let known = || milestone.checks.iter().filter_map(|check| self.outcomes.get(&check.name));
        known().next().is_some().then(|| known().map(|outcome| outcome.points).sum())
    }

    /// The failures up to the first open milestone, in the order of `lab.toml`. Later ones, which come when all checks
    /// are asked for, count as long as the program is the same.
    pub(super) fn failures(&self, manifest: &Manifest) -> Vec<&CheckOutcome> {
        let last = self.open(manifest).unwrap_or(self.start);
        let mut failures = Vec::new();
        for (index, milestone) in manifest.milestones.iter().enumerate() {
            let is_current = (self.start..=last).contains(&index);
            for check in &milestone.checks {
                let Some(outcome) = self.outcomes.get(&check.name) else { continue };
                if !is_green(outcome) && (is_current || self.fresh.contains(&check.name)) {
                    failures.push(outcome);
                }
            }
        }
        failures
    }

    /// The outcomes that are true of this very program, in the order of `lab.toml`.
    pub(super) fn fresh(&self, manifest: &Manifest) -> Vec<CheckOutcome> {
        let fresh = manifest.checks().filter(|check| self.fresh.contains(&check.name));
        fresh.filter_map(|check| self.outcomes.get(&check.name)).cloned().collect()
    }

    fn is_red(&self, check: &Check) -> bool {
        self.outcomes.get(&check.name).is_some_and(|outcome| !is_green(outcome))
    }
}

fn is_green(outcome: &CheckOutcome) -> bool {
    outcome.verdict == Verdict::Pass
}

#[cfg(test)]
mod tests {
    use super::super::sample::{fail, manifest, pass};
    use super::*;

    fn names(checks: &[Check]) -> Vec<&str> {
        checks.iter().map(|check| check.name.as_str()).collect()
    }

    fn plan(board: &Board) -> Vec<String> {
        names(&board.plan(&manifest(), None, false)).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn work_begins_with_the_first_milestone_and_no_further() {
        assert_eq!(plan(&Board::default()), ["m1_a::one", "m1_a::two"]);
    }

    #[test]
    fn the_last_failure_is_first_and_green_milestones_come_last() {
        let remembered = [
            pass("m1_a::one"),
            pass("m1_a::two"),
            pass("m2_b::three"),
            pass("m2_b::four"),
            fail("m2_b::five"),
        ];
        let board = Board::new(0, remembered);
        let expected = ["m2_b::five", "m2_b::three", "m2_b::four", "m1_a::one", "m1_a::two"];
        assert_eq!(plan(&board), expected);
        let looked_at = board.plan(&manifest(), Some("m2_b::four"), false);
        assert_eq!(names(&looked_at)[..2], ["m2_b::four", "m2_b::five"]);
    }

    #[test]
    fn a_milestone_with_full_marks_opens_the_next_one() {
        let mut board = Board::default();
        board.note(pass("m1_a::one"));
        assert_eq!(plan(&board), ["m1_a::two"]);
        board.note(pass("m1_a::two"));
        assert_eq!(board.open(&manifest()), Some(1));
        assert_eq!(plan(&board), ["m2_b::three", "m2_b::four", "m2_b::five"]);
    }

    #[test]
    fn nothing_is_run_twice_on_the_same_program() {
        let mut board = Board::default();
        board.note(pass("m1_a::one"));
        board.note(fail("m1_a::two"));
        assert!(plan(&board).is_empty());
        board.age();
        assert_eq!(plan(&board), ["m1_a::two", "m1_a::one"]);
    }

    #[test]
    fn a_step_back_opens_the_earlier_milestone_again() {
        let mut board = Board::new(0, [pass("m1_a::one"), pass("m1_a::two"), fail("m2_b::three")]);
        board.note(fail("m1_a::one"));
        assert_eq!(board.open(&manifest()), Some(0));
        board.age();
        assert_eq!(plan(&board), ["m1_a::one", "m1_a::two"]);
    }

    #[test]
    fn a_milestone_that_was_asked_for_leaves_those_before_it_alone() {
        let board = Board::new(1, [pass("m1_a::one"), fail("m1_a::two")]);
        assert_eq!(plan(&board), ["m2_b::three", "m2_b::four", "m2_b::five"]);
        let all = board.plan(&manifest(), None, true);
        assert_eq!(names(&all)[3..], ["m1_a::one", "m1_a::two", "m3_c::six"]);
    }

    #[test]
    fn all_runs_later_milestones_last() {
        let all = Board::default().plan(&manifest(), None, true);
        assert_eq!(names(&all), manifest().checks().map(|check| check.name.as_str()).collect::<Vec<_>>());
    }

    #[test]
    fn failures_of_later_milestones_are_forgotten_with_the_program() {
        let mut board = Board::default();
        board.note(fail("m1_a::one"));
        board.note(fail("m3_c::six"));
        assert_eq!(board.failures(&manifest()).len(), 2);
        board.age();
        assert_eq!(board.failures(&manifest()).len(), 1);
    }

    #[test]
    fn points_are_unknown_before_the_first_run() {
        let manifest = manifest();
        let mut board = Board::default();
        assert_eq!(board.points(&manifest.milestones[0]), None);
        board.note(pass("m1_a::one"));
        board.note(fail("m1_a::two"));
        assert_eq!(board.points(&manifest.milestones[0]), Some(10));
        assert_eq!(board.failures(&manifest).len(), 1);
    }
}
