//! A folder of submissions as members of a class: each folder in it is one.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::class::Member;
use crate::exit::bad_input;
use crate::intake::{self, Files, rules::Rules};
use crate::score::Entry;
use crate::workspace::Lab;

/// Sentences about what lies beside the submissions; more than this many help nobody.
const MAX_NOTES: usize = 10;

/// Takes every submission in `dir`, by name. The second value is what to say about the rest.
///
/// # Errors
/// When `dir` is missing, unreadable, or holds no submission.
pub(super) fn read(dir: &Path, lab: &Lab) -> Result<(Vec<Member>, Vec<String>)> {
    let rules = rules(lab)?;
    let wrong = |error: std::io::Error| {
        bad_input(format!("list the submissions in {}: {}", dir.display(), crate::text::reason(&error)))
    };
    let mut entries = fs::read_dir(dir).map_err(wrong)?.collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    let (mut members, mut notes) = (Vec::new(), Vec::new());
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().map_err(wrong)?;
        if name.starts_with('.') {
            continue;
        }
        if kind.is_dir() {
            members.push(member(name, intake::read(&entry.path(), &rules, &lab.dir)));
        } else if kind.is_symlink() {
            let refused = Some("the folder is a symbolic link".to_owned());
            members.push(member(name, intake::Submission { refused, ..intake::Submission::default() }));
        } else {
            notes.push(format!("{name} is not a folder: not graded"));
        }
    }
    if dir.join("src").is_dir() {
        return Err(bad_input(format!(
            "{}: this looks like one submission; give the folder that holds the submissions",
            dir.display()
        )));
    }
    if members.is_empty() {
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
    Ok((members, notes))
}

/// What a student may change in `lab`.
///
/// # Errors
/// When a glob of `lab.toml` is malformed.
pub fn rules(lab: &Lab) -> Result<Rules> {
    Rules::new(&lab.manifest.editable, &lab.manifest.given, &lab.manifest.folder())
}

fn member(name: String, taken: intake::Submission) -> Member {
    let entry = Entry { name, notes: taken.notes, refused: taken.refused, expect: None };
    let files: Files = taken.files;
    Member { entry, files }
}
