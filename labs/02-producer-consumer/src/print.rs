//! `print`: words of any length that nobody else's words get into. See `write(2)`, `pipe(7)`.
//!
//! A word takes several writes when it is longer than PIPE_BUF, or the pipe nearly full. Between two of them the
//! others must wait, whoever is stopped meanwhile: the lock is held for the whole word.

use crate::children::{Children, Role};
use crate::failure::Failure;
use crate::lock::Lock;
use crate::options::Print;
use ipc_kit::write_all;
use std::ffi::OsStr;
use std::io::stdout;
use std::os::unix::ffi::OsStrExt;

/// Prints each word so many times, each by a process of its own.
///
/// # Errors
/// What the system says; `Incomplete` if a process died.
pub fn print(options: &Print) -> Result<(), Failure> {
    todo!("M5: a process for each word, each word under a lock; wait for all")
}
