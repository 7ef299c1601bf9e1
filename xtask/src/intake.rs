//! Takes from a submission what a student may change, and nothing else.
//!
//! The grader owns `Cargo.toml`, the tests and every given file. From a submission it takes regular files
//! that match the lab's `editable` globs, within limits; everything else is either expected (and ignored in
//! silence, when it equals the lab's own file) or named in a sentence.

mod archive;
pub mod claims;
pub mod copy;
pub mod git;
mod hand_in;
mod place;
pub mod root;
pub mod rules;
pub mod walk;

use std::collections::BTreeMap;
use std::path::Path;

pub use hand_in::HandIn;
use place::Place;
use root::Root;
use rules::{Class, MAX_FILE, MAX_FILES, MAX_TOTAL, Rules, is_plain_name};
use walk::{Entry, Kind};

use crate::score::Standing;
use crate::text::reason;

/// Editable files by path inside the lab (`src/run.rs`).
pub type Files = BTreeMap<String, Vec<u8>>;

/// One student's work, in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Submission {
    /// The files that replace the lab's own.
    pub files: Files,
    /// What was ignored or refused, one sentence each.
    pub notes: Vec<String>,
    /// Those of the notes that speak of an editable file: a part of the work that would be missing.
    pub missing: Vec<String>,
    /// Why there is nothing to grade.
    pub refused: Option<String>,
    /// Whether anything of the lab was handed in.
    pub standing: Standing,
}

/// Reads the one lab that the submission in `folder` holds. `originals` is the lab's own folder: a file equal to it is
/// not spoken of.
#[must_use]
pub fn read(folder: &Path, rules: &Rules, originals: &Path) -> Submission {
    HandIn::open(&[folder.to_owned()], &[rules.folder().to_owned()], true, None).take(rules, originals)
}

/// One submission being taken.
struct Taking<'a> {
    place: &'a Place,
    rules: &'a Rules,
    originals: &'a Path,
    root: &'a Root,
    found: Submission,
    others: Vec<String>,
}

impl Taking<'_> {
    fn all(&mut self) {
        for entry in &self.place.entries {
            let Some(inside) = root::inside(&entry.name, &self.root.prefix) else { continue };
            let path = format!("{}{inside}", self.root.missing);
            match entry.kind {
                Kind::File => self.file(entry, &path),
                Kind::Special(what) => self.refuse(&path, format!("{path} is {what}: refused")),
                Kind::Skipped if path == "target" => {
                    self.note("target/ ignored: the grader builds afresh".to_owned());
                }
                Kind::Skipped => {}
                Kind::Unreadable(kind) => self.unreadable(&path, &kind.to_string()),
            }
        }
    }

    fn file(&mut self, entry: &Entry, path: &str) {
        match self.rules.classify(path) {
            Class::Editable => self.take(entry, path),
            Class::Quiet => {}
            Class::Ignored(sentence) => {
                if !self.is_original(entry, path) {
                    self.note(sentence);
                }
            }
            Class::Other => self.others.push(path.to_owned()),
        }
    }

    fn take(&mut self, entry: &Entry, path: &str) {
        if !is_plain_name(path) {
            let why = "a file name may only contain letters, digits, _, - and .";
            self.refuse(path, format!("{path} refused: {why}"));
            return;
        }
        match self.place.read(&entry.path, MAX_FILE) {
            Ok(Some(bytes)) => {
                self.found.files.insert(path.to_owned(), bytes);
            }
            Ok(None) => self.refuse(path, format!("{path} refused: larger than {} KiB", MAX_FILE / 1024)),
            Err(error) => self.unreadable(path, &reason(&error)),
        }
    }

    /// A file that is not taken, although its name may say that it belongs to the work.
    fn refuse(&mut self, path: &str, sentence: String) {
        if self.is_work(path) {
            self.found.missing.push(sentence.clone());
        }
        self.note(sentence);
    }

    /// Whether a path may be a file of the work, or a folder with such files.
    fn is_work(&self, path: &str) -> bool {
        self.rules.is_editable(path) || self.rules.is_editable(&format!("{path}/x.rs"))
    }

    /// The student may have done this part, and the lab's own in its place would be a poor grade: refuse the whole.
    fn unreadable(&mut self, path: &str, why: &str) {
        let sentence = format!("{path} cannot be read: {why}");
        if self.is_work(path) {
            self.found.refused.get_or_insert(sentence);
        } else {
            self.note(sentence);
        }
    }

    /// Whether a file that is not taken is just the lab's own copy.
    fn is_original(&self, entry: &Entry, path: &str) -> bool {
        let Ok(original) = std::fs::read(self.originals.join(path)) else { return false };
        matches!(self.place.read(&entry.path, original.len() as u64), Ok(Some(bytes)) if bytes == original)
    }

    fn note(&mut self, sentence: String) {
        if !self.found.notes.contains(&sentence) {
            self.found.notes.push(sentence);
        }
    }

    fn finish(mut self, cut: bool) -> Submission {
        if !self.others.is_empty() {
            let sentence = others_sentence(&self.others);
            self.note(sentence);
        }
        for other in &self.root.others {
            let graded = if self.root.prefix.is_empty() { "the top folder" } else { &self.root.prefix };
            let sentence = format!("{other} also looks like this lab and was not graded; {graded} was");
            self.note(sentence);
        }
        if cut {
            let sentence = "the folder is too deep or has too many files: a part of it was not looked at";
            self.found.missing.push(sentence.to_owned());
            self.note(sentence.to_owned());
        }
        limit(self.found)
    }
}

/// Refuses a submission as a whole when it is beyond the limits: half a program helps nobody.
fn limit(mut submission: Submission) -> Submission {
    let total: u64 = submission.files.values().map(|bytes| bytes.len() as u64).sum();
    let count = submission.files.len();
    if submission.refused.is_some() {
        // Something could not be read; that is the reason to tell.
    } else if count == 0 {
        submission.refused = Some("none of its editable files could be taken".to_owned());
    } else if count > MAX_FILES {
        submission.refused = Some(format!("{count} editable files, at most {MAX_FILES} are allowed"));
    } else if total > MAX_TOTAL {
        submission.refused =
            Some(format!("its files are larger than {} MiB together", MAX_TOTAL / (1024 * 1024)));
    }
    if submission.refused.is_some() {
        submission.files.clear();
    }
    submission
}

fn refuse(reason: String) -> Submission {
    Submission { refused: Some(reason), ..Submission::default() }
}

fn others_sentence(others: &[String]) -> String {
    let shown = others.iter().take(4).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if others.len() > 4 { ", …" } else { "" };
    let plural = if others.len() == 1 { "file" } else { "files" };
    format!("{} other {plural} ignored: {shown}{more}", others.len())
}

#[cfg(test)]
mod tests;
