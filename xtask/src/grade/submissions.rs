//! A folder of submissions as a class in each lab: each folder or archive in it is a student, who may have handed in several
//! labs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Class;
use super::class::Member;
use crate::cli::Shard;
use crate::exit::bad_input;
use crate::intake::rules::{Rules, is_archive, without_ending};
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
pub(super) fn read(
    workspace: &Workspace,
    dir: &Path,
    labs: Vec<Lab>,
    is_named: bool,
    shard: Option<Shard>,
) -> Result<Class> {
    let (mut folders, notes) = folders(dir)?;
    if let Some(shard) = shard {
        let mut places = 0..;
        folders.retain(|_| places.next().is_some_and(|place| shard.has(place)));
    }
    let names = workspace.lab_names()?;
    let is_sure = labs.len() == 1;
    let labs: Vec<(Lab, Rules)> =
        labs.into_iter().map(|lab| rules(&lab).map(|rules| (lab, rules))).collect::<Result<_>>()?;
    let mut of_labs: Vec<Vec<Member>> = labs.iter().map(|_| Vec::new()).collect();
    let mut is_there = vec![false; labs.len()];
    for folder in &folders {
        // One at a time: what is not taken of it is forgotten before the next is opened.
        let hand_in = (!folder.is_link).then(|| HandIn::open(&folder.path, &names, is_sure));
        let is_usable = hand_in.as_ref().is_some_and(HandIn::is_readable);
        for (at, (lab, rules)) in labs.iter().enumerate() {
            let member = member(&folder.name, hand_in.as_ref(), rules, &lab.dir);
            is_there[at] |= is_usable && member.entry.standing == Standing::HandedIn;
            of_labs[at].push(member);
        }
    }
    let mut class = Class { labs: Vec::new(), notes };
    let mut others = Vec::new();
    for (((lab, _), members), is_there) in labs.into_iter().zip(of_labs).zip(is_there) {
        if is_sure || is_named || is_there {
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

/// What of one lab was handed in under this name; a link in place of a submission was not looked through.
fn member(name: &str, hand_in: Option<&HandIn>, rules: &Rules, originals: &Path) -> Member {
    let taken = match hand_in {
        Some(hand_in) => hand_in.take(rules, originals),
        None => {
            Submission { refused: Some("the folder is a symbolic link".to_owned()), ..Submission::default() }
        }
    };
    let entry = Entry {
        name: name.to_owned(),
        notes: taken.notes,
        refused: taken.refused,
        standing: taken.standing,
        work: String::new(),
        expect: None,
    };
    Member { entry, files: taken.files }
}

/// The folders in `dir`, by name, and what is to be said of what else is there.
fn folders(dir: &Path) -> Result<(Vec<Folder>, Vec<String>)> {
    let wrong = |error: std::io::Error| {
        bad_input(format!("list the submissions in {}: {}", dir.display(), reason(&error)))
    };
    let mut entries = fs::read_dir(dir).map_err(wrong)?.collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    let (mut folders, mut packed, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().map_err(wrong)?;
        if name.starts_with('.') {
            continue;
        }
        if kind.is_dir() || kind.is_symlink() {
            folders.push(Folder { name, path: entry.path(), is_link: kind.is_symlink() });
        } else if kind.is_file() && is_archive(&name) {
            packed.push(Folder { name, path: entry.path(), is_link: false });
        } else {
            notes.push(format!("{name} is neither a folder nor an archive: not graded"));
        }
    }
    for archive in packed {
        // A folder of this name is another submission, perhaps the same one unpacked.
        let short = without_ending(&archive.name).to_owned();
        let is_taken = folders.iter().any(|folder| folder.name == short);
        folders.push(Folder { name: if is_taken { archive.name } else { short }, ..archive });
    }
    folders.sort_by(|left, right| left.name.cmp(&right.name));
    if ["src", "labs"].iter().any(|name| dir.join(name).is_dir()) {
        return Err(bad_input(format!(
            "{}: this looks like one submission; give the folder that holds the submissions",
            dir.display()
        )));
    }
    if folders.is_empty() {
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
    Ok((folders, notes))
}
