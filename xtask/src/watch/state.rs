//! Pure: what `watch` knows and shows, and what is to be done when something happens.

use crate::causes::{self, Catalogue, Likely};
use crate::manifest::{Check, Manifest, Milestone};
use crate::outcome::CheckOutcome;

use super::board::Board;
use super::keys::Key;

/// What is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Cargo builds.
    Building,
    /// So many of so many checks have ended.
    Checking { done: usize, of: usize },
    /// A save is waited for.
    Waiting,
}

/// How a build ended.
#[derive(Debug)]
pub(super) enum Build {
    /// The program is there.
    Ready {
        /// Whether it differs from the one before, in any byte.
        is_new: bool,
        /// How many warnings the compiler has.
        warnings: usize,
    },
    /// It does not compile: what the compiler says.
    Refused(String),
    /// It was halted.
    Halted,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Nothing but show what is new.
    Show,
    /// Build.
    Build,
    /// Run these checks.
    Check(Vec<Check>),
    /// End what runs.
    Halt,
    /// A round has ended: all that could be found out is known.
    Rest,
    /// Fetch the next hint of this milestone.
    Hint(String),
    /// Fetch the explanation of this failure.
    Explain(Box<CheckOutcome>),
    /// End.
    Quit,
}

/// A text over the screen: a hint, an explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    /// What it is.
    pub(super) text: String,
    /// How many screens of it were read.
    pub(super) turned: usize,
}

/// A line about the round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) text: String,
    pub(super) is_good: bool,
}

/// Everything that is shown.
#[derive(Debug)]
pub(super) struct State {
    pub(super) manifest: Manifest,
    pub(super) board: Board,
    pub(super) phase: Phase,
    /// Why the program as it is now was not built.
    pub(super) refusal: Option<String>,
    pub(super) warnings: usize,
    /// The failure that is shown in full, if the student has chosen one.
    pub(super) chosen: Option<String>,
    /// What is worth a line of its own, until the next save.
    pub(super) notes: Vec<Note>,
    pub(super) page: Option<Page>,
    /// The files of the last save.
    pub(super) saved: Vec<String>,
    /// How saves are noticed.
    pub(super) how: String,
    /// The bugs that are known of this lab.
    pub(super) catalogue: Catalogue,
    /// Something was saved while a build or a run was going on, or it was interrupted.
    is_stale: bool,
    wants_all: bool,
    /// The checks of the run that goes on.
    asked: Vec<String>,
    /// Whether a check has ended since the last build.
    pub(super) is_news: bool,
    /// Which milestones have full marks, as far as the student was told.
    full: Vec<bool>,
}

impl State {
    pub(super) fn new(manifest: Manifest, board: Board, how: String) -> Self {
        let full = manifest.milestones.iter().map(|milestone| board.is_full(milestone)).collect();
        Self {
            full,
            manifest,
            board,
            phase: Phase::Building,
            refusal: None,
            warnings: 0,
            chosen: None,
            notes: Vec::new(),
            page: None,
            saved: Vec::new(),
            how,
            catalogue: Catalogue::default(),
            is_stale: false,
            wants_all: false,
            asked: Vec::new(),
            is_news: false,
        }
    }

    /// `lab.toml` was saved.
    pub(super) fn set_manifest(&mut self, manifest: Manifest) {
        self.full = manifest.milestones.iter().map(|milestone| self.board.is_full(milestone)).collect();
        self.manifest = manifest;
    }

    /// Files were saved.
    pub(super) fn saved(&mut self, files: Vec<String>) -> Act {
        self.saved = files;
        self.page = None;
        // All checks were asked for of the program as it was.
        self.wants_all = false;
        self.restart()
    }

    /// What was found out is in doubt: build again, as soon as what runs has ended.
    pub(super) fn restart(&mut self) -> Act {
        if self.phase == Phase::Waiting {
            return self.build();
        }
        self.is_stale = true;
        Act::Halt
    }

    fn build(&mut self) -> Act {
        self.is_stale = false;
        self.notes.clear();
        self.is_news = false;
        self.phase = Phase::Building;
        Act::Build
    }

    /// A build has ended.
    pub(super) fn built(&mut self, build: Build) -> Act {
        if let Build::Ready { is_new: true, .. } = build {
            // Also when something was saved meanwhile: the next build may make just this program again.
            self.board.age();
        }
        if self.is_stale {
            return self.build();
        }
        match build {
            Build::Halted => self.rest(),
            Build::Refused(text) => {
                self.refusal = Some(text);
                self.rest()
            }
            Build::Ready { warnings, .. } => {
                self.refusal = None;
                self.warnings = warnings;
                match self.next_checks() {
                    Act::Rest => {
                        let text = "The program is the same, byte for byte: nothing to run.".to_owned();
                        self.notes.push(Note { text, is_good: true });
                        Act::Rest
                    }
                    act => act,
                }
            }
        }
    }

    /// A check has ended. What is to be said, if its milestone has full marks now and had not before, or had them.
    pub(super) fn outcome(&mut self, outcome: CheckOutcome) -> Option<Note> {
        if let Phase::Checking { done, .. } = &mut self.phase {
            *done += 1;
        }
        self.is_news = true;
        let check = outcome.check.clone();
        self.board.note(outcome);
        let milestones = &self.manifest.milestones;
        let index = milestones.iter().position(|m| m.checks.iter().any(|own| own.name == check))?;
        let is_full = self.board.is_full(&milestones[index]);
        let was_full = self.full[index];
        // An outcome of an older program is no reason for praise, nor one against it.
        self.full[index] = is_full && (was_full || self.board.is_fresh(&milestones[index]));
        let note = match (was_full, self.full[index]) {
            (false, true) => Note { text: self.praise(index), is_good: true },
            (true, false) => Note { text: self.step_back(index), is_good: false },
            _ => return None,
        };
        self.notes.push(note.clone());
        Some(note)
    }

    fn praise(&self, index: usize) -> String {
        let milestone = &self.manifest.milestones[index];
        let next = match self.open() {
            Some(open) => format!("Now {} {}.", open.id, open.title),
            None => "That was the last one.".to_owned(),
        };
        format!("Well done: {} has all its {} points. {next}", milestone.id, milestone.points())
    }

    fn step_back(&self, index: usize) -> String {
        format!("A step back: {} had all its points before.", self.manifest.milestones[index].id)
    }

    /// The checks have ended, or were halted.
    pub(super) fn checked(&mut self) -> Act {
        if self.is_stale { self.build() } else { self.next_checks() }
    }

    fn next_checks(&mut self) -> Act {
        let checks = self.board.plan(&self.manifest, self.chosen.as_deref(), self.wants_all);
        if checks.is_empty() {
            return self.rest();
        }
        self.phase = Phase::Checking { done: 0, of: checks.len() };
        self.asked = checks.iter().map(|check| check.name.clone()).collect();
        Act::Check(checks)
    }

    fn rest(&mut self) -> Act {
        self.wants_all = false;
        self.phase = Phase::Waiting;
        Act::Rest
    }

    /// The first check of the run that has not ended.
    pub(super) fn running(&self) -> Option<&str> {
        let is_open = |check: &&String| !self.board.is_known(check);
        self.asked.iter().find(is_open).map(String::as_str)
    }

    /// The first milestone without full marks.
    pub(super) fn open(&self) -> Option<&Milestone> {
        self.board.open(&self.manifest).map(|index| &self.manifest.milestones[index])
    }

    /// The failures, the one to be shown in full first: the chosen one, or the first in the open milestone.
    pub(super) fn failures(&self) -> Vec<&CheckOutcome> {
        let mut failures = self.board.failures(&self.manifest);
        let is_chosen = |outcome: &&CheckOutcome| Some(&outcome.check) == self.chosen.as_ref();
        let open = self.open();
        let is_open = |outcome: &&CheckOutcome| {
            open.is_some_and(|milestone| milestone.checks.iter().any(|check| check.name == outcome.check))
        };
        let shown = failures.iter().position(is_chosen).or_else(|| failures.iter().position(is_open));
        failures.rotate_left(shown.unwrap_or(0));
        failures
    }

    /// The bug that the failures of the round look like, once it is over.
    pub(super) fn likely(&self) -> Option<Likely<'_>> {
        let is_over = self.phase == Phase::Waiting;
        is_over.then(|| causes::likely(&self.catalogue, &self.board.fresh(&self.manifest)))?
    }

    /// Which milestone a hint is for: that of the failure shown, or the open one.
    fn hinted(&self) -> Option<&Milestone> {
        let shown = self.failures().first().and_then(|outcome| self.manifest.milestone_of(&outcome.check));
        shown.or_else(|| self.open())
    }

    /// A key was pressed. On a page, space turns it, and any other key closes it.
    pub(super) fn key(&mut self, key: Key) -> Act {
        if let Some(page) = &mut self.page {
            match key {
                Key::Space => page.turned += 1,
                _ => self.page = None,
            }
            return Act::Show;
        }
        match key {
            Key::Quit => Act::Quit,
            Key::Hint => self.hinted().map_or(Act::Show, |milestone| Act::Hint(milestone.id.clone())),
            Key::Explain => self
                .failures()
                .first()
                .map_or(Act::Show, |failure| Act::Explain(Box::new((*failure).clone()))),
            Key::Next => {
                let next = self.failures().get(1).map(|outcome| outcome.check.clone());
                self.chosen = next.or_else(|| self.chosen.take());
                Act::Show
            }
            Key::All => {
                self.wants_all = true;
                self.board.age();
                self.restart()
            }
            Key::Space | Key::Other => Act::Show,
        }
    }

    /// Shows a text over the screen.
    pub(super) fn open_page(&mut self, text: String) {
        self.page = Some(Page { text, turned: 0 });
    }
}

#[cfg(test)]
mod tests;
