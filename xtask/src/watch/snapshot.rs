//! The lab's files as they are on disk. What has changed is found by comparing contents, so that it does not matter how
//! an editor saves (in place, by rename, by deleting first), nor how coarse the file system's clock is, and a save that
//! changes nothing is none.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders below a lab that are looked at with all that is in them.
const DEEP: [&str; 2] = ["src", "tests"];

/// The texts that decide what is built, by their path relative to the lab.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Snapshot(BTreeMap<String, Vec<u8>>);

impl Snapshot {
    /// Looks at the Rust and TOML files of a lab. What vanishes meanwhile was not there.
    pub(super) fn take(lab: &Path) -> Self {
        let mut found = BTreeMap::new();
        for dir in folders(lab) {
            for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
                let path = entry.path();
                if !is_source(&path) || path.is_dir() {
                    continue;
                }
                let name = path.strip_prefix(lab).unwrap_or(&path).to_string_lossy().into_owned();
                // A file nobody can read counts as empty here; the compiler will say what is wrong with it.
                found.insert(name, fs::read(&path).unwrap_or_default());
            }
        }
        Self(found)
    }

    /// The files that differ, also those that are new or gone.
    pub(super) fn changed(&self, newer: &Self) -> Vec<String> {
        let mut names: Vec<String> = self.0.keys().chain(newer.0.keys()).cloned().collect();
        names.sort();
        names.dedup();
        names.retain(|name| self.0.get(name) != newer.0.get(name));
        names
    }
}

/// The lab's own folder, and every folder below `src` and `tests`.
pub(super) fn folders(lab: &Path) -> Vec<PathBuf> {
    let mut found = vec![lab.to_owned()];
    let mut open: Vec<PathBuf> = DEEP.iter().map(|name| lab.join(name)).filter(|dir| dir.is_dir()).collect();
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            // Links to folders are not followed: they may lead in a circle.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(entry.path());
            }
        }
        found.push(dir);
    }
    found
}

/// Not what editors leave beside a file: `.#lib.rs`, `.lib.rs.swp`, `lib.rs~`, `4913`.
fn is_source(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    !name.starts_with(['.', '#']) && (name.ends_with(".rs") || name.ends_with(".toml"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn lab() -> tempfile::TempDir {
        let lab = tempfile::tempdir().unwrap();
        fs::create_dir_all(lab.path().join("src/deep")).unwrap();
        fs::write(lab.path().join("lab.toml"), "id").unwrap();
        fs::write(lab.path().join("src/lib.rs"), "one").unwrap();
        fs::write(lab.path().join("src/deep/a.rs"), "a").unwrap();
        lab
    }

    #[test]
    fn what_has_changed_is_named() {
        let lab = lab();
        let before = Snapshot::take(lab.path());
        fs::write(lab.path().join("src/lib.rs"), "two").unwrap();
        fs::remove_file(lab.path().join("src/deep/a.rs")).unwrap();
        fs::write(lab.path().join("src/deep/b.rs"), "").unwrap();
        let changed = before.changed(&Snapshot::take(lab.path()));
        assert_eq!(changed, ["src/deep/a.rs", "src/deep/b.rs", "src/lib.rs"]);
    }

    #[test]
    fn an_older_time_does_not_hide_a_change_and_a_newer_one_makes_none() {
        let lab = lab();
        let before = Snapshot::take(lab.path());
        let path = lab.path().join("src/lib.rs");
        let old = std::time::SystemTime::UNIX_EPOCH;
        fs::File::options().write(true).open(&path).unwrap().set_modified(old).unwrap();
        assert_eq!(before, Snapshot::take(lab.path()));
        fs::write(&path, "ten").unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_modified(old).unwrap();
        assert_eq!(before.changed(&Snapshot::take(lab.path())), ["src/lib.rs"]);
    }

    #[test]
    fn what_editors_leave_beside_a_file_is_no_source() {
        let lab = lab();
        let before = Snapshot::take(lab.path());
        for name in [".lib.rs.swp", "lib.rs~", "4913", "#lib.rs#", "notes.txt"] {
            fs::write(lab.path().join("src").join(name), "x").unwrap();
        }
        symlink("user@host.1:2", lab.path().join("src/.#lib.rs")).unwrap();
        symlink(".", lab.path().join("src/circle")).unwrap();
        assert_eq!(before, Snapshot::take(lab.path()));
    }
}
