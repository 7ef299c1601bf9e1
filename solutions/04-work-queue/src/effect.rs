//! `write FILE TEXT`: an effect that happens once, although whoever makes it may die at any instant.
//! See `open(2)`, `link(2)`, `rename(2)`.
// BEGIN SOLUTION
//!
//! 1. The text goes into a file without a name. Killed here, nothing is left.
//! 2. That file gets a hidden name beside FILE, made of FILE and the task's key: the *intent*, which holds the whole text from
//!    its first instant on. There is one for each task: if an earlier attempt made it, that one is used.
//! 3. The intent gets its second name, FILE. link(2) never replaces: this is the effect, and it happens once.
//! 4. When the answer is safe, the boss removes the intent.
//!
//! If FILE exists, a look at the intent tells whose it is: one file with two names is ours.
// END SOLUTION

use std::path::Path;

// BEGIN SOLUTION
use std::fs;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd::linkat;

use crate::failure::reason;
use crate::record::checksum;
// END SOLUTION

/// Makes `file` with this content, once for the task that `key` names. Gives the number of bytes.
///
/// # Errors
/// The task's message: `exists`, or the system's reason.
pub fn make(key: &[u8], file: &Path, content: &[u8]) -> Result<String, String> {
    // BEGIN SOLUTION
    let intent = intent_of(key, file);
    let made = intend(&intent, content).and_then(|()| commit(&intent, file));
    match made {
        Ok(true) => Ok(content.len().to_string()),
        Ok(false) => {
            // It marks nothing. (An attempt that was given up may come here when the boss has looked already.)
            forget(key, file);
            Err("exists".to_owned())
        }
        Err(errno) => Err(reason(&errno.into())),
    }
    // END SOLUTION
    // STUB: todo!("M6: make the file whole and once")
}

/// Removes what only served to remember whether a task has made `file`. The answer must be safe before.
pub fn forget(key: &[u8], file: &Path) {
    // BEGIN SOLUTION
    // If it is not there, it is forgotten already.
    let _ = fs::remove_file(intent_of(key, file));
    // END SOLUTION
    // STUB: todo!("M6: remove the mark")
}
// BEGIN SOLUTION

/// `dir/.NAME.SUM`: a key may have bytes that a name may not have.
fn intent_of(key: &[u8], file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().as_bytes();
    let hidden = [b".", name, format!(".{:016x}", checksum(key)).as_bytes()].concat();
    file.with_file_name(std::ffi::OsString::from_vec(hidden))
}

/// Steps 1 and 2.
fn intend(intent: &Path, content: &[u8]) -> nix::Result<()> {
    let folder = match intent.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let flags = OFlag::O_TMPFILE | OFlag::O_WRONLY | OFlag::O_CLOEXEC;
    let nameless = open(folder, flags, Mode::from_bits_truncate(0o666))?;
    ipc_kit::write_all(&nameless, content)?;
    let nameless = format!("/proc/self/fd/{}", nameless.as_raw_fd());
    match linkat(AT_FDCWD, nameless.as_str(), AT_FDCWD, intent, AtFlags::AT_SYMLINK_FOLLOW) {
        Ok(()) | Err(Errno::EEXIST) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// Step 3: whether FILE is ours.
fn commit(intent: &Path, file: &Path) -> nix::Result<bool> {
    match linkat(AT_FDCWD, intent, AT_FDCWD, file, AtFlags::empty()) {
        Ok(()) => Ok(true),
        Err(Errno::EEXIST) => {
            same_file(intent, file).map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or(0)))
        }
        Err(errno) => Err(errno),
    }
}

fn same_file(one: &Path, other: &Path) -> io::Result<bool> {
    let (one, other) = (fs::symlink_metadata(one)?, fs::symlink_metadata(other)?);
    Ok((one.dev(), one.ino()) == (other.dev(), other.ino()))
}
// END SOLUTION
