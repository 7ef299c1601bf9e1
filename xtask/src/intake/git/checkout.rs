//! What a checkout has and its commit has not. Only for a sentence: what is not committed was not handed in.

use std::collections::BTreeSet;
use std::path::Path;

use crate::intake::archive::Archive;
use crate::intake::copy;
use crate::intake::rules::MAX_FILE;
use crate::intake::walk::{self, Kind};
use crate::text::one_line;

/// So many are named.
const NAMED: usize = 3;

/// The sentence about changes that are not committed, if there are any.
pub(super) fn not_committed(folder: &Path, commit: &Archive) -> Option<String> {
    let opened = copy::open_folder(folder).ok()?;
    let (there, _) = walk::list(folder).ok()?;
    let known: BTreeSet<&str> = commit.entries.iter().map(|entry| entry.name.as_str()).collect();
    let is_new = |entry: &&walk::Entry| {
        entry.kind == Kind::File && entry.name.ends_with(".rs") && !known.contains(entry.name.as_str())
    };
    let is_changed = |entry: &&walk::Entry| {
        let Some(committed) = commit.read(&entry.path, MAX_FILE) else { return false };
        // Larger, gone, or a link now: not the same.
        let now = copy::read(&opened, &entry.path, MAX_FILE).ok().flatten();
        now.is_none_or(|now| plain(&now) != plain(&committed))
    };
    let changed = commit.entries.iter().filter(|entry| entry.kind == Kind::File).filter(is_changed);
    let names: BTreeSet<&str> =
        changed.chain(there.iter().filter(is_new)).map(|entry| entry.name.as_str()).collect();
    let first: Vec<String> = names.iter().take(NAMED).map(|name| one_line(name, 60)).collect();
    let more = if names.len() > NAMED { format!(" and {} more", names.len() - NAMED) } else { String::new() };
    (!names.is_empty())
        .then(|| format!("has changes that are not committed: not graded: {}{more}", first.join(", ")))
}

/// git may write other ends of lines into a checkout than it has committed.
fn plain(bytes: &[u8]) -> Vec<u8> {
    let mut plain = bytes.to_vec();
    let is_return = |at: usize| bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n');
    let mut at = 0;
    plain.retain(|_| {
        at += 1;
        !is_return(at - 1)
    });
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_lines_are_no_change() {
        assert_eq!(plain(b"a\r\nb\rc\n"), b"a\nb\rc\n");
    }
}
