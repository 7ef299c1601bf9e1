//! A folder of submissions as a class in each lab: each folder in it is a student, who may have handed in several labs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Class;
use super::class::Member;
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

/// Takes every submission in `dir`, by name. `labs` are those that may be graded. Where they were named
/// (`is_named`), all of them are; else those of which anything was handed in.
///
/// # Errors
/// When `dir` is missing, unreadable, or holds nothing that could be graded.
pub(super) fn read(workspace: &Workspace, dir: &Path, labs: Vec<Lab>, is_named: bool) -> Result<Class> {
    let (folders, notes) = folders(dir)?;
    let names = workspace.lab_names()?;
    let is_sure = labs.len() == 1;
    let opened: Vec<Opened<'_>> = folders
        .iter()
        .map(|folder| Opened {
            name: &folder.name,
            hand_in: (!folder.is_link).then(|| HandIn::open(&folder.path, &names, is_sure)),
        })
        .collect();
    let mut class = Class { labs: Vec::new(), notes };
    let mut others = Vec::new();
    for lab in labs {
        let rules = rules(&lab)?;
        let members: Vec<Member> = opened.iter().map(|student| student.member(&rules, &lab.dir)).collect();
        let mut of = opened.iter().zip(&members);
        if is_sure || is_named || of.any(|(student, member)| student.is_usable() && is_there(member)) {
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

fn is_there(member: &Member) -> bool {
    member.entry.standing == Standing::HandedIn
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

struct Folder {
    name: String,
    path: PathBuf,
    is_link: bool,
}

/// A submission that was looked through; a link in its place was not.
struct Opened<'a> {
    name: &'a str,
    hand_in: Option<HandIn<'a>>,
}

impl Opened<'_> {
    /// Whether there is more to say than that the folder cannot be used, for whatever lab it may be.
    fn is_usable(&self) -> bool {
        self.hand_in.as_ref().is_some_and(HandIn::is_readable)
    }

    fn member(&self, rules: &Rules, originals: &Path) -> Member {
        let taken = match &self.hand_in {
            Some(hand_in) => hand_in.take(rules, originals),
            None => Submission {
                refused: Some("the folder is a symbolic link".to_owned()),
                ..Submission::default()
            },
        };
        let entry = Entry {
            name: self.name.to_owned(),
            notes: taken.notes,
            refused: taken.refused,
            standing: taken.standing,
            work: String::new(),
            expect: None,
        };
        Member { entry, files: taken.files }
    }
}

/// The folders in `dir`, by name, and what is to be said of what else is there.
fn folders(dir: &Path) -> Result<(Vec<Folder>, Vec<String>)> {
    let wrong = |error: std::io::Error| {
        bad_input(format!("list the submissions in {}: {}", dir.display(), reason(&error)))
    };
    let mut entries = fs::read_dir(dir).map_err(wrong)?.collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    let (mut folders, mut notes) = (Vec::new(), Vec::new());
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().map_err(wrong)?;
        if name.starts_with('.') {
            continue;
        }
        if kind.is_dir() || kind.is_symlink() {
            folders.push(Folder { name, path: entry.path(), is_link: kind.is_symlink() });
        } else {
            let unpack = if is_archive(&name) { "; unpack it first" } else { "" };
            notes.push(format!("{name} is not a folder: not graded{unpack}"));
        }
    }
    if ["src", "labs"].iter().any(|name| dir.join(name).is_dir()) {
        return Err(bad_input(format!(
            "{}: this looks like one submission; give the folder that holds the submissions",
            dir.display()
        )));
    }
    if folders.is_empty() {
        return Err(bad_input(format!(
            "{}: no submission is here; each must be a folder in it",
            dir.display()
        )));
    }
    let more = notes.len().saturating_sub(MAX_NOTES);
    notes.truncate(MAX_NOTES);
    if more > 0 {
        notes.push(format!("{more} more files are not folders: not graded"));
    }
    Ok((folders, notes))
}
