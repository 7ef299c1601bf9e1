//! `write FILE TEXT`: an effect that happens once, although whoever makes it may die at any instant.
//! See `open(2)`, `link(2)`, `rename(2)`.

use std::path::Path;

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
