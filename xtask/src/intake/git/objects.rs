//! A repository of ours with a submission's objects: regular files with the names of objects and packs, and nothing else.

use std::fs;
use std::io::ErrorKind;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::{head, reader};
use crate::intake::copy;
use crate::intake::walk::{self, Kind};
use crate::scratch::Scratch;
use crate::text::reason;

/// All objects of a repository are no larger together, in bytes, as they are packed.
const MAX_OBJECTS: u64 = 128 << 20;

/// Everything git could be told by a file in the repository; nothing of it comes from the submission.
const CONFIG: &str =
    "[core]\n\trepositoryformatversion = 0\n\tbare = true\n\thooksPath = /dev/null\n\tfsmonitor = false\n";

/// The copied repository, removed with the value; after SIGKILL by the next run.
#[derive(Debug)]
pub(super) struct Store(Scratch);

impl Store {
    /// An empty one, whose HEAD is this commit.
    pub(super) fn new(head: &str) -> Result<Self, String> {
        let store = Self(Scratch::new().map_err(|error| format!("a copy of it cannot be made: {error:#}"))?);
        // The user of a sandbox's slot reads it.
        fs::set_permissions(store.path(), fs::Permissions::from_mode(0o755)).map_err(wrong)?;
        for folder in ["objects/pack", "refs"] {
            fs::create_dir_all(store.path().join(folder)).map_err(wrong)?;
        }
        store.write(Path::new("HEAD"), format!("{head}\n").as_bytes())?;
        store.write(Path::new("config"), CONFIG.as_bytes())?;
        Ok(store)
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file of ours.
    pub(super) fn write(&self, name: &Path, bytes: &[u8]) -> Result<(), String> {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(self.path())).map_err(wrong)?;
        fs::write(path, bytes).map_err(wrong)
    }

    /// Copies the objects of the repository at `path`, which is open as `folder`.
    pub(super) fn copy(&self, path: &Path, folder: &OwnedFd) -> Result<(), String> {
        let unreadable = |error: &std::io::Error| format!("its objects cannot be read: {}", reason(error));
        // A link in place of the folder is not listed.
        let objects = path.join("objects");
        copy::open_folder(&objects).map_err(|error| unreadable(&error))?;
        let (entries, cut) = walk::list(&objects).map_err(|error| unreadable(&error))?;
        if cut {
            return Err("it has too many loose objects; `git gc` packs them".to_owned());
        }
        let mut left = MAX_OBJECTS;
        for entry in entries.iter().filter(|entry| entry.kind == Kind::File && is_object(&entry.name)) {
            let name = Path::new("objects").join(&entry.path);
            let bytes = copy::read(folder, &name, left).map_err(|error| unreadable(&error))?;
            let bytes = bytes.ok_or_else(too_large)?;
            left -= bytes.len() as u64;
            self.write(&name, &bytes)?;
        }
        self.keep_the_edge(folder)
    }

    /// A shallow clone lists the commits whose parents it does not have; without the list it would look damaged.
    fn keep_the_edge(&self, folder: &OwnedFd) -> Result<(), String> {
        match copy::read(folder, Path::new("shallow"), 64 << 10) {
            Ok(Some(bytes)) if String::from_utf8_lossy(&bytes).lines().all(head::is_id) => {
                self.write(Path::new("shallow"), &bytes)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Ok(_) => Err("its file `shallow` is damaged".to_owned()),
            Err(error) => Err(format!("its file `shallow` cannot be read: {}", reason(&error))),
        }
    }

    /// Adds a bundle's pack, which has no index yet.
    pub(super) fn add_pack(&self, pack: &[u8]) -> Result<(), String> {
        if pack.len() as u64 > MAX_OBJECTS {
            return Err(too_large());
        }
        let name = PathBuf::from("objects/pack/pack-0000000000000000000000000000000000000000.pack");
        self.write(&name, pack)?;
        let index = reader::index(self, &name)?;
        self.write(&name.with_extension("idx"), &index)
    }
}

fn too_large() -> String {
    format!("its objects are larger than {} MiB together", MAX_OBJECTS >> 20)
}

fn wrong(error: std::io::Error) -> String {
    format!("a copy of it cannot be written: {}", reason(&error))
}

/// Whether git would look for an object in a file of this name below `objects/`.
fn is_object(name: &str) -> bool {
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match name.split_once('/') {
        Some(("pack", file)) => {
            let stem = file.strip_suffix(".pack").or_else(|| file.strip_suffix(".idx"));
            stem.and_then(|stem| stem.strip_prefix("pack-")).is_some_and(is_hex)
        }
        Some((folder, file)) => folder.len() == 2 && file.len() == 38 && is_hex(folder) && is_hex(file),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("pack/pack-00ff.pack", true)]
    #[case("pack/pack-00ff.idx", true)]
    #[case("00/0123456789abcdef0123456789abcdef012345", true)]
    #[case("info/alternates", false)]
    #[case("info/commit-graph", false)]
    #[case("pack/multi-pack-index", false)]
    #[case("pack/pack-00ff.promisor", false)]
    #[case("pack/pack-/../x.pack", false)]
    fn only_objects_are_copied(#[case] name: &str, #[case] is: bool) {
        assert_eq!(is_object(name), is);
    }
}
