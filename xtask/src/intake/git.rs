//! A git repository as a submission: a checkout, a bare repository, or a bundle.
//!
//! A repository's own settings start programs (hooks, filters, fsmonitor), and git obeys them. So git never sees it: HEAD is
//! resolved here, the objects, and nothing else, are copied into a repository with settings of ours, and git reads that one in a
//! sandbox. Trees and blobs are asked for by their hashes; so no attribute (`export-ignore`, `export-subst`, a filter)
//! can hide or change a file.

mod bundle;
mod checkout;
mod head;
mod objects;
mod reader;

use std::fs::File;
use std::path::Path;

use super::archive::Archive;
use super::copy;
use head::Head;
use objects::Store;

/// A moment in seconds since 1970: only what was committed until then counts. Commits date themselves, by the clock of whoever
/// made them.
pub type Until = Option<u64>;

/// Why nothing can be taken from a repository, as a part of a sentence.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unusable {
    /// Nothing was committed: there is nothing to grade.
    Nothing(String),
    /// Something may be there: a teacher must look.
    Damaged(String),
}

impl From<String> for Unusable {
    fn from(why: String) -> Self {
        Self::Damaged(why)
    }
}

impl From<&str> for Unusable {
    fn from(why: &str) -> Self {
        Self::Damaged(why.to_owned())
    }
}

/// A repository that was looked through.
#[derive(Debug)]
pub(super) struct Repository {
    /// The files of the commit.
    pub(super) archive: Archive,
    /// Which commit it is, and what is not in it.
    pub(super) notes: Vec<String>,
}

/// Whether the folder is a checkout or a bare repository.
#[must_use]
pub(super) fn is_repository(folder: &Path) -> bool {
    is_checkout(folder) || is_bare(folder)
}

fn is_checkout(folder: &Path) -> bool {
    folder.join(".git").symlink_metadata().is_ok()
}

fn is_bare(folder: &Path) -> bool {
    folder.join("HEAD").is_file() && ["objects", "refs"].iter().all(|name| folder.join(name).is_dir())
}

/// Looks through a checkout or a bare repository.
///
/// # Errors
/// Why it cannot be used.
pub(super) fn open(folder: &Path, until: Until) -> Result<Repository, Unusable> {
    let checkout = is_checkout(folder).then(|| folder.join(".git"));
    let opened = copy::open_folder(checkout.as_deref().unwrap_or(folder));
    let inside = opened.map_err(|_| {
        "its .git is no folder but points elsewhere; a clone of it has everything in one place".to_owned()
    })?;
    let head = head::resolve(&inside)?;
    let store = Store::new(&head.id)?;
    store.copy(checkout.as_deref().unwrap_or(folder), &inside)?;
    let mut found = look(&store, &head, until)?;
    if checkout.is_some() {
        found.notes.extend(checkout::not_committed(folder, &found.archive));
    }
    Ok(found)
}

/// Looks through a bundle.
///
/// # Errors
/// As [`open`].
pub(super) fn open_bundle(file: File, until: Until) -> Result<Repository, Unusable> {
    let (head, pack) = bundle::read(file)?;
    let store = Store::new(&head.id)?;
    store.add_pack(&pack)?;
    look(&store, &head, until)
}

fn look(store: &Store, head: &Head, until: Until) -> Result<Repository, Unusable> {
    let (commit, time) = reader::commit(store, head, until)?;
    let archive = reader::files(store, &commit)?;
    let branch = head.branch.as_ref().map_or("a detached HEAD", |branch| branch);
    let date = humantime::format_rfc3339_seconds(
        std::time::UNIX_EPOCH + std::time::Duration::from_secs(time.min(MAX_TIME)),
    );
    let short = commit.get(..10).unwrap_or(&commit);
    let branch = crate::text::one_line(branch, 40);
    let note =
        format!("graded: commit {short} of {branch}, dated {date} by the clock of whoever committed it");
    Ok(Repository { archive, notes: vec![note] })
}

/// The last second of the year 9999: a commit may claim any time.
const MAX_TIME: u64 = 253_402_300_799;
