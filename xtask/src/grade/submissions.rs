//! A folder of submissions as a class in each lab: each folder or archive in it is a student, who may have handed in several
//! labs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Class;
use super::class::Member;
use super::exports::{self, Person};
use super::roster::Roster;
use crate::cli::Shard;
use crate::exit::bad_input;
use crate::intake::rules::{Rules, is_archive};
use crate::intake::{HandIn, Submission};
use crate::score::{Entry, Standing};
use crate::text::{one_line, reason};
use crate::workspace::{Lab, Workspace};

/// Sentences about what lies beside the submissions; more than this many help nobody.
const MAX_NOTES: usize = 10;
/// The same for submissions that are unclear.
const MAX_UNCLEAR: usize = 5;

/// How a folder of submissions is read.
#[derive(Debug, Default)]
pub(super) struct How {
    /// The labs were named: all of them are graded, whatever was handed in.
    pub(super) is_named: bool,
    /// Only this part of the class.
    pub(super) shard: Option<Shard>,
    /// Who is in the class.
    pub(super) roster: Option<Roster>,
}

/// Takes every submission in `dir`, by name. `labs` are those that may be graded: where they were not named, those of which
/// anything was handed in.
///
/// # Errors
/// When `dir` is missing, unreadable, or holds nothing that could be graded.
pub(super) fn read(workspace: &Workspace, dir: &Path, labs: Vec<Lab>, how: &How) -> Result<Class> {
    let (mut students, mut notes) = students(dir)?;
    if let Some(roster) = &how.roster {
        notes.extend(named_by(roster, &mut students));
    }
    if let Some(shard) = how.shard {
        let mut places = 0..;
        students.retain(|_| places.next().is_some_and(|place| shard.has(place)));
    }
    let names = workspace.lab_names()?;
    let is_sure = labs.len() == 1;
    let labs: Vec<(Lab, Rules)> =
        labs.into_iter().map(|lab| rules(&lab).map(|rules| (lab, rules))).collect::<Result<_>>()?;
    let mut of_labs: Vec<Vec<Member>> = labs.iter().map(|_| Vec::new()).collect();
    let mut is_there = vec![false; labs.len()];
    for student in &students {
        // One at a time: what is not taken of it is forgotten before the next is opened.
        let hand_in = student.hand_in(&names, is_sure);
        let is_usable = hand_in.as_ref().is_ok_and(HandIn::is_readable);
        for (at, (lab, rules)) in labs.iter().enumerate() {
            let member = student.member(&hand_in, rules, &lab.dir);
            is_there[at] |= is_usable && member.entry.standing == Standing::HandedIn;
            of_labs[at].push(member);
        }
    }
    let mut class = Class { labs: Vec::new(), notes };
    let mut others = Vec::new();
    for (((lab, _), members), is_there) in labs.into_iter().zip(of_labs).zip(is_there) {
        if is_sure || how.is_named || is_there {
            class.labs.push((lab, members));
        } else {
            others.extend(members);
        }
    }
    if !class.labs.is_empty() {
        return Ok(class);
    }
    let why = unclear(others.iter().map(|member| &member.entry));
    let why = why.unwrap_or_else(|| "nothing of any lab is in the submissions".to_owned());
    Err(bad_input(format!("{}: {why}", dir.display())))
}

/// The one submission at `path`, a folder or an archive, which is of this lab.
///
/// # Errors
/// When a glob of `lab.toml` is malformed, or the labs cannot be listed.
pub(super) fn one(workspace: &Workspace, path: &Path, lab: &Lab) -> Result<Member> {
    let student = Student {
        name: "submission".to_owned(),
        keys: Vec::new(),
        paths: vec![path.to_owned()],
        is_link: path.is_symlink(),
        is_late: false,
    };
    let hand_in = student.hand_in(&workspace.lab_names()?, true);
    Ok(student.member(&hand_in, &rules(lab)?, &lab.dir))
}

/// The sentence for those of whom nobody knows what they have handed in, if there are any.
pub(super) fn unclear<'a>(entries: impl Iterator<Item = &'a Entry>) -> Option<String> {
    let unclear = entries.filter(|entry| entry.standing == Standing::Unclear);
    let told: BTreeMap<&str, &str> =
        unclear.map(|entry| (entry.name.as_str(), entry.refused.as_deref().unwrap_or_default())).collect();
    let first = told.iter().take(MAX_UNCLEAR).map(|(name, why)| format!("{}: {why}", one_line(name, 40)));
    let first: Vec<String> = first.collect();
    let more = match told.len() - first.len() {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let plural = if told.len() == 1 { "submission has" } else { "submissions have" };
    (!told.is_empty()).then(|| format!("{} {plural} no grade yet: {}{more}", told.len(), first.join("; ")))
}

/// What a student may change in `lab`.
///
/// # Errors
/// When a glob of `lab.toml` is malformed.
pub fn rules(lab: &Lab) -> Result<Rules> {
    Rules::new(&lab.manifest.editable, &lab.manifest.given, &lab.manifest.folder())
}

/// A student, with what was handed in.
struct Student {
    name: String,
    /// What may stand for this student in a list.
    keys: Vec<String>,
    paths: Vec<PathBuf>,
    is_link: bool,
    is_late: bool,
}

impl Student {
    /// What was handed in; a link in place of a submission is not looked through, and of whoever is only in the list there is
    /// nothing.
    fn hand_in(&self, labs: &[String], is_sure: bool) -> std::result::Result<HandIn, Submission> {
        let refused = |why: &str| Submission { refused: Some(why.to_owned()), ..Submission::default() };
        if self.is_link {
            return Err(refused("the folder is a symbolic link"));
        }
        if self.paths.is_empty() {
            return Err(Submission { standing: Standing::Absent, ..refused("there is no submission") });
        }
        Ok(HandIn::open(&self.paths, labs, is_sure))
    }

    /// What of one lab was handed in.
    fn member(
        &self,
        hand_in: &std::result::Result<HandIn, Submission>,
        rules: &Rules,
        originals: &Path,
    ) -> Member {
        let taken = match hand_in {
            Ok(hand_in) => hand_in.take(rules, originals),
            Err(refused) => refused.clone(),
        };
        let late = self.is_late.then(|| "handed in late, as the platform says".to_owned());
        let entry = Entry {
            name: self.name.clone(),
            notes: late.into_iter().chain(taken.notes).collect(),
            refused: taken.refused,
            standing: taken.standing,
            work: String::new(),
            expect: None,
        };
        Member { entry, files: taken.files }
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
            let student = Student {
                name: name.to_owned(),
                keys: Vec::new(),
                paths: Vec::new(),
                is_link: false,
                is_late: false,
            };
            students.push(student);
        }
    }
    students.sort_by(|one, other| one.name.cmp(&other.name));
    strangers.iter().map(|name| format!("{name} is not in the roster")).take(MAX_NOTES).collect()
}

/// The students in `dir`, by name, and what is to be said of what else is there.
fn students(dir: &Path) -> Result<(Vec<Student>, Vec<String>)> {
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
    let student = |person: Person| Student {
        is_link: person.parts.iter().any(|part| links.contains(part)),
        paths: person.parts.iter().map(|part| dir.join(part)).collect(),
        name: person.name,
        keys: person.keys,
        is_late: person.is_late,
    };
    Ok((exports::people(&names).into_iter().map(student).collect(), notes))
}
