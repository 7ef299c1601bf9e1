//! `write FILE TEXT`: an effect that happens once, although whoever makes it may die at any instant.
//! See `renameat2(2)`, `flock(2)`.
//!
//! Two helper files stand beside FILE: the *draft*, which becomes FILE, and the *mark*, whose size says how far it is.
//!
//! | mark | draft | so | the next attempt |
//! |---|---|---|---|
//! | empty | absent, or any part of the text | nothing has happened | writes the draft anew |
//! | `!` | there | the draft is whole | renames it |
//! | `!` | absent | it has become FILE | says ok |
//!
//! One call goes from the second line to the third: `renameat2(draft, FILE, RENAME_NOREPLACE)` makes FILE appear, takes
//! the draft away, and fails if somebody else has FILE.
//!
//! The mark is locked from the beginning to the end; the lock of a dead worker is gone. So a worker whose boss was
//! killed and one of the next boss do not meet. And it begins nothing when its boss is dead: it might come so late that
//! the next boss has had the task done, and has removed the helpers.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, Flock, FlockArg, RenameFlags, renameat2};

use crate::failure::reason;
use crate::record::checksum;
use crate::worker;

/// The names beside a file.
struct Helpers {
    mark: PathBuf,
    draft: PathBuf,
}

impl Helpers {
    fn of(key: &[u8], file: &Path) -> Helpers {
        let mut name = OsString::from(".");
        name.push(file.file_name().unwrap_or_default());
        name.push(format!(".{:016x}", checksum(key)));
        let mark = file.with_file_name(&name);
        name.push("+");
        Helpers { mark, draft: file.with_file_name(name) }
    }
}

/// Makes `file` with this content, once for the task that `key` names. Gives the number of bytes.
///
/// # Errors
/// The task's message: `exists`, or the system's reason.
pub fn make(key: &[u8], file: &Path, content: &[u8]) -> Result<String, String> {
    let made = attempt(&Helpers::of(key, file), file, content);
    match made {
        Ok(()) => Ok(content.len().to_string()),
        Err(Errno::EEXIST) => Err("exists".to_owned()),
        // Where no helper can be made, FILE may be there all the same.
        Err(_) if file.symlink_metadata().is_ok() => Err("exists".to_owned()),
        Err(errno) => Err(reason(&errno.into())),
    }
}

fn attempt(helpers: &Helpers, file: &Path, content: &[u8]) -> nix::Result<()> {
    let mut mark = lock(&helpers.mark)?;
    if mark.metadata().map_err(errno)?.size() == 0 {
        if !worker::has_boss() && is_absent(&helpers.draft) {
            // Perhaps this call has made it, and nobody else would take it away.
            fs::remove_file(&helpers.mark).map_err(errno)?;
            return Err(Errno::EOWNERDEAD);
        }
        File::create(&helpers.draft).and_then(|mut draft| draft.write_all(content)).map_err(errno)?;
        mark.write_all(b"!").map_err(errno)?;
    }
    match renameat2(AT_FDCWD, &helpers.draft, AT_FDCWD, file, RenameFlags::RENAME_NOREPLACE) {
        // The draft is whole and not there: an earlier attempt has come to the end.
        Err(Errno::ENOENT) if is_absent(&helpers.draft) => Ok(()),
        other => other,
    }
}

/// Opens the mark, and waits until nobody else has it.
fn lock(mark: &Path) -> nix::Result<Flock<File>> {
    while worker::has_boss() {
        let file = File::options().append(true).create(true).open(mark).map_err(errno)?;
        let mut lock = Flock::lock(file, FlockArg::LockExclusive);
        while let Err((file, Errno::EINTR)) = lock {
            lock = Flock::lock(file, FlockArg::LockExclusive);
        }
        let lock = lock.map_err(|(_, errno)| errno)?;
        // Its name may have gone while we were waiting: then the lock protects nothing.
        if lock.metadata().map_err(errno)?.nlink() > 0 {
            return Ok(lock);
        }
    }
    Err(Errno::EOWNERDEAD)
}

fn is_absent(path: &Path) -> bool {
    path.symlink_metadata().is_err_and(|error| error.raw_os_error() == Some(Errno::ENOENT as i32))
}

fn errno(error: std::io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or_default())
}

/// Removes what only served to remember whether a task has made `file`. The answer must be safe before.
pub fn forget(key: &[u8], file: &Path) {
    let helpers = Helpers::of(key, file);
    // Mostly there is no draft; without a folder there is nothing at all.
    let _ = fs::remove_file(helpers.draft);
    let _ = fs::remove_file(helpers.mark);
}
