//! A packed submission, looked through without unpacking it.
//!
//! Nothing is written to the disk: small regular files are kept in memory, everything else is only listed. So no path can
//! lead out of a folder, no link can be followed, and a bomb is a number that is too large. What an honest packer never
//! writes (a path with `..`, the same name twice) refuses the whole archive: who reads it twice may see two different things.

mod tarball;
mod zip;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use super::rules::MAX_FILE;
use super::walk::{Entry, Kind, MAX_ENTRIES, is_skipped};

/// All kept files of an archive are no larger than this together, in bytes.
const MAX_KEPT: u64 = 32 << 20;
/// A stream that unpacks to more than this is not read to its end, in bytes. A `target/` folder may have gigabytes.
const MAX_STREAM: u64 = 8 << 30;

/// The first line of a git bundle.
const BUNDLES: [&[u8]; 2] = [b"# v2 git bundle\n", b"# v3 git bundle\n"];

/// An archive that was looked through.
#[derive(Debug, Default)]
pub(super) struct Archive {
    /// What is in it, by name.
    pub(super) entries: Vec<Entry>,
    /// Whether a limit cut the list.
    pub(super) cut: bool,
    /// The small regular files. One that is listed and is not here is too large.
    contents: BTreeMap<PathBuf, Vec<u8>>,
    kept: u64,
}

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Zip,
    Tar,
    Gzip,
    Zstd,
}

impl Archive {
    /// Looks through the archive in `file`.
    ///
    /// # Errors
    /// Why it cannot be used, as a part of a sentence.
    pub(super) fn open(mut file: File) -> Result<Self, String> {
        let form = form(&mut file).map_err(|error| error.to_string())?;
        let mut archive = Self::default();
        match form {
            None => return Err("it is no ZIP, tar, tar.gz or tar.zst archive".to_owned()),
            Some(Form::Zip) => zip::read(&mut archive, file)?,
            Some(Form::Tar) => tarball::read(&mut archive, limited(BufReader::new(file)))?,
            Some(Form::Gzip) => {
                let stream = flate2::bufread::MultiGzDecoder::new(BufReader::new(file));
                tarball::read(&mut archive, limited(stream))?;
            }
            Some(Form::Zstd) => {
                let stream = ruzstd::decoding::StreamingDecoder::new(BufReader::new(file));
                tarball::read(&mut archive, limited(stream.map_err(|error| error.to_string())?))?;
            }
        }
        archive.sort();
        Ok(archive)
    }

    /// Puts the list in the order of names.
    pub(super) fn sort(&mut self) {
        self.entries.sort_by(|left, right| left.name.cmp(&right.name));
    }

    /// The bytes of a file that was listed, at most `limit`. `None`: it is larger.
    #[must_use]
    pub(super) fn read(&self, path: &Path, limit: u64) -> Option<Vec<u8>> {
        self.contents.get(path).filter(|bytes| bytes.len() as u64 <= limit).cloned()
    }

    /// Takes note of an entry. Gives its path if it is a regular file whose bytes are wanted.
    pub(super) fn list(&mut self, name: &[u8], kind: Kind, size: u64) -> Result<Option<PathBuf>, String> {
        let Some(name) = clean(name)? else { return Ok(None) };
        if self.entries.len() >= MAX_ENTRIES {
            self.cut = true;
            return Ok(None);
        }
        if let Some(folder) = skipped_part(&name) {
            if !self.entries.iter().any(|entry| entry.name == folder) {
                self.entries.push(Entry {
                    path: folder.into(),
                    name: folder.to_owned(),
                    kind: Kind::Skipped,
                });
            }
            return Ok(None);
        }
        let path = PathBuf::from(&name);
        // The list is not sorted yet; archives of students are short.
        if self.entries.iter().any(|entry| entry.name == name) {
            return Err(format!("{name} is in it twice"));
        }
        self.entries.push(Entry { path: path.clone(), name, kind });
        Ok((kind == Kind::File && size <= MAX_FILE).then_some(path))
    }

    /// Keeps the bytes of a listed file, if there are not too many.
    pub(super) fn keep(&mut self, path: PathBuf, bytes: Vec<u8>) -> Result<(), String> {
        if bytes.len() as u64 > MAX_FILE {
            return Ok(());
        }
        self.kept += bytes.len() as u64;
        if self.kept > MAX_KEPT {
            return Err(format!("its files are larger than {} MiB together", MAX_KEPT >> 20));
        }
        self.contents.insert(path, bytes);
        Ok(())
    }
}

/// A stream that ends in an error where it becomes too long.
fn limited(stream: impl Read) -> impl Read {
    struct Limited<R> {
        inner: R,
        left: u64,
    }
    impl<R: Read> Read for Limited<R> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let read = self.inner.read(buffer)?;
            self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
                io::Error::other(format!("it unpacks to more than {} GiB", MAX_STREAM >> 30))
            })?;
            Ok(read)
        }
    }
    Limited { inner: stream, left: MAX_STREAM }
}

/// Whether the file begins as a git bundle does.
pub(super) fn is_bundle(file: &mut File) -> io::Result<bool> {
    let mut start = Vec::new();
    file.take(16).read_to_end(&mut start)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(BUNDLES.contains(&&start[..]))
}

/// What the first bytes say; names lie. `None`: nothing that can be looked through.
fn form(file: &mut File) -> io::Result<Option<Form>> {
    let mut start = [0; 262];
    let mut filled = 0;
    while filled < start.len() {
        match file.read(&mut start[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    file.seek(SeekFrom::Start(0))?;
    let start = &start[..filled];
    Ok(if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
        Some(Form::Zip)
    } else if start.starts_with(&[0x1f, 0x8b]) {
        Some(Form::Gzip)
    } else if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        Some(Form::Zstd)
    } else if start.get(257..262) == Some(b"ustar") {
        Some(Form::Tar)
    } else {
        None
    })
}

/// A name as a plain path below the archive; nothing for the top itself.
fn clean(name: &[u8]) -> Result<Option<String>, String> {
    // Some Windows programs write backslashes.
    let text = String::from_utf8_lossy(name).replace('\\', "/");
    let shown = || crate::text::one_line(&text, 80);
    if text.starts_with('/') || text.contains('\0') || text.split('/').any(|part| part == "..") {
        return Err(format!("it has the path {}, which leads out of it", shown()));
    }
    let parts: Vec<&str> = text.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    Ok((!parts.is_empty()).then(|| parts.join("/")))
}

/// The path of the folder on the way that nobody looks into.
fn skipped_part(name: &str) -> Option<&str> {
    let ends = name.match_indices('/').map(|(at, _)| at);
    ends.map(|end| &name[..end]).find(|folder| is_skipped(Path::new(folder)))
}

#[cfg(test)]
mod tests;
