//! Reading and writing whole files: a reader never sees half a file, an error names the file.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::exit::bad_input;

/// Reads a text.
///
/// # Errors
/// When there is no such file, or it is no UTF-8: bad input.
pub fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).map_err(|error| bad_input(format!("cannot read {}: {error}", path.display())))
}

/// Writes a file beside its place and renames it, so that it is there whole or not at all.
///
/// # Errors
/// When the folder cannot be made or the file cannot be written.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let dir = path.parent().context("write to a path without a folder")?;
    fs::create_dir_all(dir).with_context(|| format!("make folder {}", dir.display()))?;
    let mut file =
        tempfile::NamedTempFile::new_in(dir).with_context(|| format!("make a file in {}", dir.display()))?;
    file.write_all(bytes).with_context(|| format!("write {}", path.display()))?;
    // A temporary file is private; what we write is for everybody whom the umask lets in.
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).map_or(0o644, |old| old.permissions().mode());
    file.as_file()
        .set_permissions(fs::Permissions::from_mode(mode))
        .with_context(|| format!("set the mode of {}", path.display()))?;
    file.persist(path).with_context(|| format!("rename to {}", path.display()))?;
    Ok(())
}

/// Writes a file that does not exist yet: whole or not at all, and never over another one.
///
/// # Errors
/// `AlreadyExists` when there is one, else why it cannot be written.
pub fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    file.write_all(bytes)?;
    file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
    file.persist_noclobber(path)?;
    Ok(())
}

/// The first of `path.WORD-1`, `path.WORD-2`, … that does not exist.
#[must_use]
pub fn free_name(path: &Path, word: &str) -> PathBuf {
    let mut number = 1;
    loop {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{word}-{number}"));
        let name = PathBuf::from(name);
        // A broken link is a name, too.
        if name.symlink_metadata().is_err() {
            return name;
        }
        number += 1;
    }
}

/// All regular files below `dir` whose path ends in `suffix`, as texts by their path relative to `dir`.
///
/// # Errors
/// When something cannot be read.
pub fn texts(dir: &Path, suffix: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let mut open = vec![dir.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("list {}", folder.display()))? {
            let entry = entry.with_context(|| format!("list {}", folder.display()))?;
            let path = entry.path();
            let kind = entry.file_type().with_context(|| format!("look at {}", path.display()))?;
            if kind.is_dir() {
                open.push(path);
            } else if kind.is_file() && path.to_string_lossy().ends_with(suffix) {
                let name = path.strip_prefix(dir).unwrap_or(&path).to_string_lossy().into_owned();
                found.insert(name, read(&path)?);
            }
        }
    }
    Ok(found)
}

/// Keeps every other run out of a folder while the file lives.
///
/// # Errors
/// When another run is at work in it.
pub fn lock(folder: &Path) -> anyhow::Result<File> {
    let file = File::open(folder).with_context(|| format!("open {}", folder.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(bad_input(format!("{}: another run is at work here", folder.display())))
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("lock {}", folder.display())),
    }
}
