//! Where a submission is: a folder, an archive, a git repository, or a folder with archives in it. Whatever it is, its files are listed by paths
//! below one top, and read one by one.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;

use super::archive::{self, Archive};
use super::git::{self, Repository, Until, Unusable};
use super::walk::{self, Entry, Kind};
use super::{copy, rules};

/// More archives in one submission are not opened.
const MAX_ARCHIVES: usize = 8;

/// A submission that can be listed and read.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// What there is, by name.
    pub(super) entries: Vec<Entry>,
    /// Whether a limit cut the list.
    pub(super) cut: bool,
    /// What is wrong with an archive in it, one sentence each.
    pub(super) damaged: Vec<String>,
    /// What is to be said of a git repository: which commit it is.
    pub(super) said: Vec<String>,
    /// Why there is nothing, where that is worth a word.
    pub(super) nothing: Option<String>,
    until: Until,
    /// Each below the path where its files are listed.
    folders: Vec<(PathBuf, OwnedFd)>,
    archives: Vec<(PathBuf, Archive)>,
}

impl Place {
    /// Opens what is at `paths`. Several are listed side by side, each below its name.
    ///
    /// # Errors
    /// Why one cannot be listed, as a sentence.
    pub(super) fn open(paths: &[PathBuf], until: Until) -> Result<Self, String> {
        if let [path] = paths {
            return Self::one(path, until);
        }
        let mut place = Self { until, ..Self::default() };
        for path in paths {
            place.add(path)?;
        }
        place.entries.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(place)
    }

    /// Adds the files of one more folder or archive, below its name.
    fn add(&mut self, path: &Path) -> Result<(), String> {
        let one = Self::one(path, self.until)?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let at = PathBuf::from(rules::without_ending(&name));
        let below = |inner: Entry| {
            let path = at.join(&inner.path);
            Entry { name: path.to_string_lossy().into_owned(), path, kind: inner.kind }
        };
        self.entries.extend(one.entries.into_iter().map(below));
        self.cut |= one.cut;
        self.damaged.extend(one.damaged.into_iter().map(|why| format!("{name}: {why}")));
        self.said.extend(one.said.into_iter().map(|note| format!("{name}: {note}")));
        self.folders.extend(one.folders.into_iter().map(|(inner, folder)| (at.join(inner), folder)));
        self.archives.extend(one.archives.into_iter().map(|(inner, archive)| (at.join(inner), archive)));
        Ok(())
    }

    fn one(path: &Path, until: Until) -> Result<Self, String> {
        let wrong = |what: &str, error: &io::Error| {
            format!("the {what} cannot be read: {}", crate::text::reason(error))
        };
        if path.is_dir() && git::is_repository(path) {
            return Ok(match git::open(path, until) {
                Ok(repository) => Self::repository(repository),
                Err(why) => Self::unusable("git repository", why),
            });
        }
        if path.is_dir() {
            return Self::folder(path, until).map_err(|error| wrong("folder", &error));
        }
        let file = regular(path).map_err(|error| wrong("file", &error))?;
        Ok(match packed(file, until) {
            Ok(repository) => Self::repository(repository),
            Err(why) => Self::unusable("archive", why),
        })
    }

    fn repository(found: Repository) -> Self {
        let (entries, cut) = (found.archive.entries.clone(), found.archive.cut);
        let archives = vec![(PathBuf::new(), found.archive)];
        Self { entries, cut, archives, said: found.notes, ..Self::default() }
    }

    fn unusable(what: &str, why: Unusable) -> Self {
        match why {
            Unusable::Damaged(why) => {
                Self { damaged: vec![format!("the {what} cannot be used: {why}")], ..Self::default() }
            }
            Unusable::Nothing(why) => {
                Self { nothing: Some(format!("the {what} is empty: {why}")), ..Self::default() }
            }
        }
    }

    fn folder(path: &Path, until: Until) -> io::Result<Self> {
        let (entries, cut) = walk::list(path)?;
        let folders = vec![(PathBuf::new(), copy::open_folder(path)?)];
        let mut place = Self { entries, cut, folders, until, ..Self::default() };
        let is_packed = |entry: &&Entry| entry.kind == Kind::File && rules::is_archive(&entry.name);
        let packed: Vec<Entry> = place.entries.iter().filter(is_packed).take(MAX_ARCHIVES).cloned().collect();
        for entry in packed {
            place.mount(path, &entry);
        }
        place.entries.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(place)
    }

    /// Lists the files of an archive below a folder of its name, in place of the archive.
    fn mount(&mut self, top: &Path, entry: &Entry) {
        let opened = regular(&top.join(&entry.path)).map_err(|error| crate::text::reason(&error).into());
        let archive = match opened.and_then(|file| packed(file, self.until)) {
            Ok(found) => {
                self.said.extend(found.notes);
                found.archive
            }
            Err(Unusable::Damaged(why) | Unusable::Nothing(why)) => {
                return self.damaged.push(format!("{} cannot be used: {why}", entry.name));
            }
        };
        let at = PathBuf::from(rules::without_ending(&entry.name));
        self.entries.retain(|other| other.path != entry.path);
        let below = |inner: &Entry| {
            let path = at.join(&inner.path);
            Entry { name: path.to_string_lossy().into_owned(), path, kind: inner.kind }
        };
        self.entries.extend(archive.entries.iter().map(below));
        self.cut |= archive.cut;
        self.archives.push((at, archive));
    }

    /// Reads a listed file, at most `limit` bytes. `Ok(None)`: it is larger.
    ///
    /// # Errors
    /// As [`copy::read`].
    pub(super) fn read(&self, path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
        for (at, archive) in &self.archives {
            if let Ok(inner) = path.strip_prefix(at)
                && archive.entries.iter().any(|entry| entry.path == inner)
            {
                return Ok(archive.read(inner, limit));
            }
        }
        let below = |(at, folder): &(PathBuf, OwnedFd)| {
            path.strip_prefix(at).ok().map(|inner| copy::read(folder, inner, limit))
        };
        self.folders.iter().find_map(below).unwrap_or_else(|| Err(io::ErrorKind::NotFound.into()))
    }
}

/// Looks through a file that holds others.
fn packed(mut file: File, until: Until) -> Result<Repository, Unusable> {
    if archive::is_bundle(&mut file).map_err(|error| error.to_string())? {
        return git::open_bundle(file, until);
    }
    Ok(Repository { archive: Archive::open(file)?, notes: Vec::new() })
}

/// Opens a regular file; neither a link nor a FIFO can surprise us.
fn regular(path: &Path) -> io::Result<File> {
    let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC | OFlag::O_NOCTTY;
    let file = File::from(open(path, flags, Mode::empty())?);
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok(file)
}
