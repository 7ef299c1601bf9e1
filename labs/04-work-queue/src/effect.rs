//! `write FILE TEXT`: an effect that happens once, although whoever makes it may die at any instant.
//! See `open(2)` on O_TMPFILE, `linkat(2)`.
//!
//! 1. The text goes into a file without a name. Killed here, nothing is left.
//! 2. That file gets a hidden name beside FILE, made of FILE and the task's key: the *intent*, which holds the whole text from
//!    its first instant on. There is one for each task: if an earlier attempt made it, that one is used.
//! 3. The intent gets its second name, FILE. link(2) never replaces: this is the effect, and it happens once.
//! 4. When the answer is safe, the boss removes the intent.
//!
//! If FILE exists, a look at the intent tells whose it is: one file with two names is ours.

use std::fs;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, AtFlags, OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd::linkat;

use crate::failure::reason;
use crate::record::checksum;

/// Makes `file` with this content, once for the task that `key` names. Gives the number of bytes.
///
/// # Errors
/// The task's message: `exists`, or the system's reason.
pub fn make(key: &[u8], file: &Path, content: &[u8]) -> Result<String, String> {
    todo!("M6: make the file whole and once")
}

/// Removes what only served to remember whether a task has made `file`. The answer must be safe before.
pub fn forget(key: &[u8], file: &Path) {
    todo!("M6: remove the mark")
}
