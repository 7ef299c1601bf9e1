//! A submission that was looked through once, and from which each lab can be taken.

use std::path::{Path, PathBuf};

use super::claims::{Claims, MARKS};
use super::git::Until;
use super::place::Place;
use super::root::{self, Found, Root};
use super::rules::Rules;
use super::walk::{Entry, Kind};
use super::{Submission, Taking, refuse};
use crate::score::Standing;

/// A file that tells of which lab something is, is no larger than this, in bytes, and there are not more of them.
const MAX_MARK: u64 = 64 * 1024;
const MAX_MARKS: usize = 64;

/// Why nobody knows what some files are, and what to do.
const WHICH_LAB: &str = "its files do not say of which lab they are; \
                         name it with --lab, or put them into a folder labs/NN-topic";

/// A submission that was looked through once, and from which each lab can be taken.
#[derive(Debug)]
pub struct HandIn {
    place: Place,
    claims: Claims,
    unreadable: Option<String>,
}

impl HandIn {
    /// Looks through the submission at `paths`: a folder, an archive, or several of them. `labs` are the folder names of all labs of the course;
    /// `is_sure` tells that only one lab is asked for, so that its files need not say of which lab they are.
    /// Of a git repository only what was committed `until` then counts.
    #[must_use]
    pub fn open(paths: &[PathBuf], labs: &[String], is_sure: bool, until: Until) -> Self {
        let claims = Claims::new(labs, is_sure);
        match Place::open(paths, until) {
            Err(why) => Self { place: Place::default(), claims, unreadable: Some(why) },
            Ok(place) => {
                let mut opened = Self { place, claims, unreadable: None };
                opened.hear();
                opened
            }
        }
    }

    /// Hears what the files say of which lab they are.
    fn hear(&mut self) {
        let is_mark = |entry: &&Entry| {
            entry.kind == Kind::File && MARKS.iter().any(|mark| entry.path.file_name() == Some(mark.as_ref()))
        };
        for entry in self.place.entries.iter().filter(is_mark).take(MAX_MARKS) {
            // One that cannot be read says nothing.
            if let Ok(Some(text)) = self.place.read(&entry.path, MAX_MARK) {
                self.claims.hear(&entry.name, &text);
            }
        }
    }

    /// Whether it could be looked through.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.unreadable.is_none()
    }

    /// Takes one lab. `originals` is the lab's own folder.
    #[must_use]
    pub fn take(&self, rules: &Rules, originals: &Path) -> Submission {
        if let Some(why) = &self.unreadable {
            return refuse(why.clone());
        }
        let entries = &self.place.entries;
        if entries.is_empty() {
            return match self.place.damaged.first() {
                Some(why) => Submission { standing: Standing::Unclear, ..refuse(why.clone()) },
                None => {
                    let why = self.place.nothing.clone().unwrap_or_else(|| "the folder is empty".to_owned());
                    Submission { standing: Standing::Absent, ..refuse(why) }
                }
            };
        }
        let names: Vec<String> = entries.iter().map(|entry| entry.name.clone()).collect();
        let (why, standing) = match root::find(&names, rules, &self.claims) {
            Found::Lab(root) => return self.take_from(&root, rules, originals),
            Found::Unclear => (WHICH_LAB.to_owned(), Standing::Unclear),
            Found::Nothing => match self.damaged() {
                Some(why) => (why, Standing::Unclear),
                None => (format!("no editable file of {} was found", rules.folder()), Standing::Absent),
            },
        };
        let may_be_of_it =
            |entry: &&Entry| self.claims.lab_of(&entry.name).is_none_or(|lab| lab == rules.folder());
        let notes = notes_without_lab(entries.iter().filter(may_be_of_it));
        Submission { standing, notes, ..refuse(why) }
    }

    /// What is wrong with an archive that may hold the work: there is no other file that is of any lab.
    fn damaged(&self) -> Option<String> {
        let is_of_a_lab = |entry: &Entry| self.claims.lab_of(&entry.name).is_some();
        let has_other_work = self.place.entries.iter().any(is_of_a_lab);
        self.place.damaged.first().filter(|_| !has_other_work).cloned()
    }

    fn take_from(&self, root: &Root, rules: &Rules, originals: &Path) -> Submission {
        let notes = self.place.said.iter().chain(&self.place.damaged).cloned().collect();
        let found = Submission { notes, ..Submission::default() };
        let mut taking = Taking { place: &self.place, rules, originals, root, found, others: vec![] };
        taking.all();
        let taken = taking.finish(self.place.cut);
        let as_given = |(path, bytes): (&String, &Vec<u8>)| {
            std::fs::read(originals.join(path)).is_ok_and(|original| original == *bytes)
        };
        // A whole checkout holds every lab; those which nobody has begun were not handed in.
        let is_untouched =
            !self.claims.is_sure() && taken.refused.is_none() && taken.files.iter().all(as_given);
        if is_untouched {
            let why = format!("every file of {} is as it was given", rules.folder());
            return Submission { standing: Standing::Absent, ..refuse(why) };
        }
        taken
    }
}

/// What can be said of a folder in which no lab was found: links are the usual reason.
fn notes_without_lab<'a>(entries: impl Iterator<Item = &'a Entry>) -> Vec<String> {
    let special = entries.filter_map(|entry| match entry.kind {
        Kind::Special(what) => Some(format!("{} is {what}: refused", entry.name)),
        Kind::Unreadable(kind) => Some(format!("{} cannot be read: {kind}", entry.name)),
        Kind::File | Kind::Skipped => None,
    });
    special.take(10).collect()
}
