//! Who is in a folder of submissions, and what each student handed in: once, or in several attempts.

mod attempts;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;

use super::class::Member;
use super::digest;
use super::exports::{self, Person};
use super::gradescope::{self, Facts};
use super::roster::Roster;
use super::work::{Reading, Submitted, Work};
use crate::exit::bad_input;
use crate::intake::rules::{Rules, is_archive, without_ending};
use crate::intake::{HandIn, Submission};
use crate::score::{Entry, HandedIn, Standing};
use crate::text::{one_line, reason};
use attempts::{are_told_apart, joined};

/// Sentences about what lies beside the submissions; more than this many help nobody.
const MAX_NOTES: usize = 10;

/// A student, with what was handed in.
pub(super) struct Student {
    name: String,
    /// What may stand for this student in a list.
    keys: Vec<String>,
    /// The last one last. None: the student is only in the list.
    attempts: Vec<Attempt>,
}

/// Something that a student handed in.
#[derive(Clone, Default)]
struct Attempt {
    label: String,
    paths: Vec<PathBuf>,
    is_link: bool,
    is_late: bool,
    /// When the platform got it.
    at: Option<String>,
}

/// What is graded as one: a student, and one of the attempts.
pub(super) struct Turn<'a> {
    student: &'a Student,
    attempt: Attempt,
    is_one_of_several: bool,
}

/// The students in `dir`, by name and with the names of the list, and what is to be said of what else is there. `count_attempts`: each has
/// every attempt, not only the last version.
///
/// # Errors
/// When `dir` is missing, unreadable, or holds no submission.
pub(super) fn read(
    dir: &Path,
    roster: Option<&Roster>,
    count_attempts: bool,
) -> Result<(Vec<Student>, Vec<String>)> {
    let (mut students, mut notes) = in_folder(dir, count_attempts)?;
    if let Some(roster) = roster {
        notes.extend(named_by(roster, &mut students));
    }
    if count_attempts {
        students.iter_mut().try_for_each(Student::open_attempts)?;
        students = joined(students);
    } else {
        are_told_apart(&students).map_err(|why| bad_input(format!("{}: {why}", dir.display())))?;
    }
    Ok((students, notes))
}

impl Student {
    /// Somebody who handed in once.
    pub(super) fn with_one(name: &str, path: &Path) -> Self {
        let attempt =
            Attempt { paths: vec![path.to_owned()], is_link: path.is_symlink(), ..Attempt::default() };
        Self { name: name.to_owned(), keys: Vec::new(), attempts: vec![attempt] }
    }

    /// What is graded of whoever has one attempt; of several it is the last.
    pub(super) fn last_turn(&self) -> Turn<'_> {
        let attempt = self.attempts.last().cloned().unwrap_or_default();
        Turn { student: self, attempt, is_one_of_several: self.attempts.len() > 1 }
    }

    /// What is graded of this student, the last attempt last.
    pub(super) fn turns(&self) -> impl Iterator<Item = Turn<'_>> {
        let nothing = self.attempts.is_empty().then(Attempt::default);
        let attempts = self.attempts.iter().cloned().chain(nothing);
        let is_one_of_several = self.attempts.len() > 1;
        attempts.map(move |attempt| Turn { student: self, attempt, is_one_of_several })
    }

    /// Takes a folder that has only `attempt-1`, `attempt-2`, … in it for these attempts.
    fn open_attempts(&mut self) -> Result<()> {
        let [attempt] = self.attempts.as_slice() else { return Ok(()) };
        let [folder] = attempt.paths.as_slice() else { return Ok(()) };
        if attempt.is_link || !folder.is_dir() {
            return Ok(());
        }
        let wrong =
            |error: std::io::Error| bad_input(format!("list {}: {}", folder.display(), reason(&error)));
        let mut inside: BTreeMap<u64, Attempt> = BTreeMap::new();
        for entry in fs::read_dir(folder).map_err(wrong)? {
            let entry = entry.map_err(wrong)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            let number =
                without_ending(&name).strip_prefix("attempt-").and_then(|number| number.parse().ok());
            let Some(number) = number else { return Ok(()) };
            let one = inside.entry(number).or_default();
            one.label = number.to_string();
            one.paths.push(entry.path());
            one.is_link |= entry.file_type().map_err(wrong)?.is_symlink();
        }
        if !inside.is_empty() {
            self.attempts = inside.into_values().collect();
        }
        Ok(())
    }
}

impl Turn<'_> {
    /// What was handed in; a link in place of a submission is not looked through, and of whoever is only in the list there is
    /// nothing.
    pub(super) fn hand_in(&self, reading: &Reading) -> std::result::Result<HandIn, Submission> {
        let refused = |why: &str| Submission { refused: Some(why.to_owned()), ..Submission::default() };
        if self.attempt.is_link {
            return Err(refused("the folder is a symbolic link"));
        }
        if self.attempt.paths.is_empty() {
            return Err(Submission { standing: Standing::Absent, ..refused("there is no submission") });
        }
        Ok(reading.open(&self.attempt.paths))
    }

    /// What of one lab was handed in.
    pub(super) fn member(
        &self,
        hand_in: &std::result::Result<HandIn, Submission>,
        reading: &Reading,
        rules: &Arc<Rules>,
        originals: &Path,
    ) -> Member {
        let taken = match hand_in {
            Ok(hand_in) => hand_in.take(rules, originals),
            Err(refused) => refused.clone(),
        };
        let Attempt { label, is_late, at, .. } = &self.attempt;
        let late = is_late.then(|| "handed in late, as the platform says".to_owned());
        let several = || self.is_one_of_several;
        let entry = Entry {
            name: match several() {
                true => format!("{}, attempt {label}", self.student.name),
                false => self.student.name.clone(),
            },
            notes: late.into_iter().chain(taken.notes).collect(),
            refused: taken.refused,
            standing: taken.standing,
            work: String::new(),
            handed_in: HandedIn {
                student: several().then(|| self.student.name.clone()),
                attempt: several().then(|| label.clone()),
                at: at.clone(),
                is_late: *is_late,
            },
            expect: None,
        };
        let submitted = |content| Submitted {
            paths: self.attempt.paths.clone(),
            reading: reading.clone(),
            rules: rules.clone(),
            originals: originals.to_owned(),
            content,
        };
        let work = match taken.files.is_empty() {
            true => Work::Nothing,
            false => Work::There(submitted(digest::content(&taken.files)).into()),
        };
        Member { entry, work }
    }
}

/// Gives the students their names in the list, and adds who is only there. Says who is not in it.
fn named_by(roster: &Roster, students: &mut Vec<Student>) -> Vec<String> {
    let mut strangers = Vec::new();
    for student in students.iter_mut() {
        match roster.find(&student.keys) {
            Some(name) => student.name = name.to_owned(),
            None => strangers.push(one_line(&student.name, 60)),
        }
    }
    for name in roster.names() {
        if !students.iter().any(|student| student.name == name) {
            students.push(Student { name: name.to_owned(), keys: Vec::new(), attempts: Vec::new() });
        }
    }
    students.sort_by(|one, other| one.name.cmp(&other.name));
    strangers.iter().map(|name| format!("{name} is not in the roster")).take(MAX_NOTES).collect()
}

/// The same as they are called in the folder.
fn in_folder(dir: &Path, count_attempts: bool) -> Result<(Vec<Student>, Vec<String>)> {
    let wrong = |error: std::io::Error| {
        bad_input(format!("list the submissions in {}: {}", dir.display(), reason(&error)))
    };
    let entries = fs::read_dir(dir).map_err(wrong)?.collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    let mut names = Vec::new();
    let (mut links, mut notes) = (BTreeSet::new(), Vec::new());
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().map_err(wrong)?;
        if name.starts_with('.') {
            continue;
        }
        if kind.is_symlink() {
            links.insert(name.clone());
        }
        if kind.is_dir() || kind.is_symlink() || (kind.is_file() && is_archive(&name)) {
            names.push(name);
        } else if kind.is_file() && exports::is_metadata(&name) {
            // What a platform says about its export.
        } else {
            notes.push(format!("{name} is neither a folder nor an archive: not graded"));
        }
    }
    names.sort();
    notes.sort();
    if ["src", "labs"].iter().any(|name| dir.join(name).is_dir()) {
        return Err(bad_input(format!(
            "{}: this looks like one submission; give the folder that holds the submissions",
            dir.display()
        )));
    }
    if names.is_empty() {
        return Err(bad_input(format!(
            "{}: no submission is here; each must be a folder or an archive in it",
            dir.display()
        )));
    }
    let more = notes.len().saturating_sub(MAX_NOTES);
    notes.truncate(MAX_NOTES);
    if more > 0 {
        notes.push(format!("{more} more files are neither folders nor archives: not graded"));
    }
    let facts = facts(dir)?;
    let student = |person: Person| student(dir, person, &links, &facts, count_attempts);
    Ok((exports::people(&names, count_attempts).into_iter().map(student).collect(), notes))
}

/// A student with the attempts that are graded.
fn student(
    dir: &Path,
    person: Person,
    links: &BTreeSet<String>,
    facts: &BTreeMap<String, Facts>,
    count_attempts: bool,
) -> Student {
    let of = |turn: &exports::Turn| turn.parts.iter().find_map(|part| facts.get(part));
    let more = person.turns.iter().filter_map(of).flat_map(|facts| facts.keys.iter().cloned());
    let keys = person.keys.iter().cloned().chain(more).collect();
    let first = if count_attempts { 0 } else { person.turns.len().saturating_sub(1) };
    let attempt = |turn: &exports::Turn| Attempt {
        label: turn.label.clone(),
        paths: turn.parts.iter().map(|part| dir.join(part)).collect(),
        is_link: turn.parts.iter().any(|part| links.contains(part)),
        is_late: turn.is_late,
        at: of(turn).and_then(|facts| facts.at.clone()),
    };
    Student { name: person.name, keys, attempts: person.turns[first..].iter().map(attempt).collect() }
}

/// What Gradescope says of its submissions; nothing, where they are not from there.
fn facts(dir: &Path) -> Result<BTreeMap<String, Facts>> {
    let path = dir.join(gradescope::FILE);
    match fs::read(&path) {
        Ok(text) => Ok(gradescope::facts(&String::from_utf8_lossy(&text))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(bad_input(format!("read {}: {}", path.display(), reason(&error)))),
    }
}
