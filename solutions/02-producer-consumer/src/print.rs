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
    // BEGIN SOLUTION
    let lock = Lock::new().map_err(Failure::on("memfd_create"))?;
    let lock = (!options.racy).then_some(&lock);
    let mut children = Children::default();
    for (number, word) in (0..).zip(&options.words) {
        children.start(Role::Printer(number), || print_word(word, options.times, lock))?;
    }
    let mut all_well = true;
    while let Some((_, well)) = children.wait_for_next()? {
        all_well &= well;
    }
    if all_well { Ok(()) } else { Err(Failure::Incomplete) }
    // END SOLUTION
    // STUB: todo!("M5: a process for each word, each word under a lock; wait for all")
}
// BEGIN SOLUTION

fn print_word(word: &OsStr, times: u32, lock: Option<&Lock>) -> Result<(), Failure> {
    let once = || write_all(stdout(), word.as_bytes()).map_err(Failure::writing("-"));
    for _ in 0..times {
        match lock {
            Some(lock) => lock.while_held(once).map_err(Failure::on("fcntl"))??,
            None => once()?,
        }
    }
    Ok(())
}
// END SOLUTION
