//! The class as folders for [JPlag](https://github.com/jplag/JPlag): of each lab `submissions/STUDENT` with the taken
//! files and nothing else, and `base`, the starter.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::class::Sources;
use super::given;
use crate::exit::bad_input;
use crate::grade::Member;
use crate::text::root_reason;
use crate::workspace::Lab;

/// The folder of what students wrote, in a lab's folder.
const SUBMISSIONS: &str = "submissions";
/// The folder of what they were given.
const BASE: &str = "base";

/// Writes the folders to `dir`, which must be new or empty: all of them or none. Gives the commands that run JPlag.
///
/// # Errors
/// When something is there already, or cannot be written.
pub fn write(dir: &Path, labs: &[(&Lab, &[Member])]) -> Result<Vec<String>> {
    if fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) || dir.is_file() {
        return Err(bad_input(format!("{}: it is there already, and not empty", dir.display())));
    }
    write_all(dir, labs).map_err(|error| {
        bad_input(format!("write the folders for JPlag to {}: {}", dir.display(), root_reason(&error)))
    })?;
    Ok(labs.iter().map(|(lab, _)| command(&dir.join(lab.manifest.folder()))).collect())
}

fn write_all(dir: &Path, labs: &[(&Lab, &[Member])]) -> Result<()> {
    let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).context("make the folder above")?;
    let beside = tempfile::tempdir_in(parent).context("make a folder beside it")?;
    for (lab, members) in labs {
        let folder = beside.path().join(lab.manifest.folder());
        put(&folder.join(BASE), &given::starter(lab)?)?;
        let mut taken = BTreeSet::new();
        for member in members.iter().filter(|member| !member.work.is_nothing()) {
            let name = folder_name(&member.entry.name, &mut taken);
            put(&folder.join(SUBMISSIONS).join(name), &*member.work.files()?)?;
        }
    }
    fs::set_permissions(beside.path(), fs::Permissions::from_mode(0o755)).context("open the folder")?;
    fs::rename(beside.path(), dir).context("put it in its place")?;
    // It is gone from where it was made.
    let _ = beside.keep();
    Ok(())
}

fn put(folder: &Path, files: &Sources) -> Result<()> {
    for (path, bytes) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder)).context("make a folder")?;
        fs::write(&path, bytes).context("write a file")?;
    }
    Ok(())
}

/// A name that no other folder has, also where names differ only in what cannot be written.
fn folder_name(name: &str, taken: &mut BTreeSet<String>) -> String {
    let plain = name.replace(['/', '\0'], "_");
    let mut free = plain.clone();
    let mut number = 1;
    while !taken.insert(free.clone()) {
        number += 1;
        free = format!("{plain}-{number}");
    }
    free
}

fn command(lab: &Path) -> String {
    let path = |name: &str| quoted(&lab.join(name).to_string_lossy());
    let (base, result, submissions) = (path(BASE), path("result"), path(SUBMISSIONS));
    format!("java -jar jplag.jar -l rust -bc {base} -r {result} {submissions}")
}

/// A word for sh(1).
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:,+@%".contains(c);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_students_never_share_a_folder() {
        let mut taken = BTreeSet::new();
        let names = ["alice", "a/b", "a_b", "alice"].map(|name| folder_name(name, &mut taken));
        assert_eq!(names, ["alice", "a_b", "a_b-2", "alice-2"]);
    }

    #[test]
    fn the_command_can_be_pasted() {
        let told = command(Path::new("my jplag/01-a"));
        assert_eq!(
            told,
            "java -jar jplag.jar -l rust -bc 'my jplag/01-a/base' -r 'my jplag/01-a/result' 'my jplag/01-a/submissions'"
        );
    }
}
