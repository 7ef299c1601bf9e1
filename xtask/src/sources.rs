//! The files of a lab that are a student's own, read as the grader reads them: what is remembered of them
//! and what is handed in cannot differ from what is graded.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::grade::rules;
use crate::intake::{self, Files, Submission};
use crate::workspace::Lab;

/// Reads a lab's editable files from the checkout.
///
/// # Errors
/// When a glob in `lab.toml` is malformed.
pub fn read(lab: &Lab) -> anyhow::Result<Submission> {
    Ok(intake::read(&lab.dir, &rules(lab)?, &lab.dir))
}

/// A short name for the present state of a lab's editable files; `None` when they cannot be read.
#[must_use]
pub fn fingerprint(lab: &Lab) -> Option<String> {
    let submission = read(lab).ok().filter(|submission| submission.refused.is_none())?;
    Some(short(&submission.files))
}

/// The same for files that were read already.
#[must_use]
pub fn short(files: &Files) -> String {
    hash(files).chars().take(16).collect()
}

/// The hash of all files together, in hexadecimal. Anybody can compute it, in the lab's folder:
/// `sha256sum FILES | sha256sum`, with the paths sorted by their bytes.
#[must_use]
pub fn hash(files: &Files) -> String {
    let mut list = String::new();
    for (path, bytes) in files {
        // Writing to a String cannot fail.
        let _ = writeln!(list, "{}  {path}", sha256(bytes));
    }
    sha256(list.as_bytes())
}

/// SHA-256 in hexadecimal.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_sha256sums_list() {
        let files =
            Files::from([("src/b.rs".to_owned(), b"b".to_vec()), ("src/a.rs".to_owned(), b"a".to_vec())]);
        // printf a >src/a.rs; printf b >src/b.rs; sha256sum src/a.rs src/b.rs | sha256sum
        assert_eq!(hash(&files), "4482178d84b1c10720d129080898171b653231a453d977ae1bf94bd6bab0b4df");
        let renamed = Files::from([("src/a.rs".to_owned(), b"b".to_vec())]);
        assert_ne!(hash(&files), hash(&renamed));
    }
}
