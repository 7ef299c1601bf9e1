//! Lists a submission without following anything, within limits.

use std::fs::FileType;
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

/// More entries than this are not looked at: a submission is source code, not a disk image.
pub(super) const MAX_ENTRIES: usize = 20_000;
/// Deeper than this nobody keeps a lab.
const MAX_DEPTH: usize = 16;

/// What an entry is, as far as intake cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// Neither a regular file nor a folder: the words for a sentence.
    Special(&'static str),
    /// A folder that is not entered (`target`, `.git`).
    Skipped,
    /// A folder or entry that cannot be read.
    Unreadable(io::ErrorKind),
}

/// One entry of a submission.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The path below the submission's folder, as the system spells it.
    pub path: PathBuf,
    /// The same as text; bytes that are not UTF-8 are replaced.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// Lists everything below `top`, sorted by name. The second value tells that a limit cut the list.
///
/// # Errors
/// When `top` itself cannot be listed.
pub fn list(top: &Path) -> io::Result<(Vec<Entry>, bool)> {
    let mut found = Vec::new();
    let mut cut = false;
    let mut folders = vec![(PathBuf::new(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let listing = match std::fs::read_dir(top.join(&folder)) {
            Ok(listing) => listing,
            Err(error) if depth == 0 => return Err(error),
            Err(error) => {
                found.push(entry(folder, Kind::Unreadable(error.kind())));
                continue;
            }
        };
        for item in listing {
            if found.len() >= MAX_ENTRIES {
                cut = true;
                break;
            }
            let item = item?;
            let path = folder.join(item.file_name());
            match item.file_type() {
                Ok(kind) if kind.is_dir() && is_skipped(&path) => found.push(entry(path, Kind::Skipped)),
                Ok(kind) if kind.is_dir() && depth + 1 < MAX_DEPTH => folders.push((path, depth + 1)),
                Ok(kind) if kind.is_dir() => cut = true,
                Ok(kind) => found.push(entry(path, kind_of(kind))),
                Err(error) => found.push(entry(path, Kind::Unreadable(error.kind()))),
            }
        }
    }
    found.sort_by(|left, right| left.name.cmp(&right.name));
    Ok((found, cut))
}

fn entry(path: PathBuf, kind: Kind) -> Entry {
    let name = path.to_string_lossy().into_owned();
    Entry { path, name, kind }
}

/// Whether a folder holds nothing that anybody has written: what tools and other systems leave.
pub(super) fn is_skipped(path: &Path) -> bool {
    let skipped = ["target", ".git", "node_modules", "__MACOSX"];
    path.file_name().is_some_and(|name| skipped.iter().any(|skipped| name == *skipped))
}

fn kind_of(kind: FileType) -> Kind {
    if kind.is_file() {
        Kind::File
    } else if kind.is_symlink() {
        Kind::Special("a symbolic link")
    } else if kind.is_fifo() {
        Kind::Special("a FIFO")
    } else if kind.is_socket() {
        Kind::Special("a socket")
    } else {
        Kind::Special("a device")
    }
}
