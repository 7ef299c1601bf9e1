//! Pure: files in, archive out. The same files give the same bytes, whoever packs them and when.

use std::io::Write as _;

use anyhow::Context as _;
use miniz_oxide::deflate::compress_to_vec;
use rawzip::time::UtcDateTime;
use rawzip::{CompressionMethod, DataDescriptorOutput, ZipArchiveWriter, crc32};
use serde::Serialize;

use crate::intake::Files;
use crate::intake::rules::MANIFEST;
use crate::sources::{hash, sha256};

/// Name and version of the manifest's format.
const FORMAT: &str = "ipc-labs/submission/v1";

/// As zlib numbers them: neither fast nor small.
const LEVEL: u8 = 6;

/// 1980-01-01, the first day a ZIP archive can tell. One date for all, so that the bytes depend on the files only.
const DATE: i64 = 315_532_800;

/// What the manifest says: who, what, and hashes to compare. No points, because whoever can edit the files can
/// edit those, too.
#[derive(Debug, Serialize)]
struct Manifest<'a> {
    format: &'static str,
    lab: &'a str,
    /// As its author typed it; nobody has checked it.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    /// The version of the course the lab belongs to.
    course: &'static str,
    /// See [`hash`].
    sha256: &'a str,
    files: Vec<Entry<'a>>,
}

#[derive(Debug, Serialize)]
struct Entry<'a> {
    path: &'a str,
    bytes: usize,
    sha256: String,
}

/// A packed submission.
#[derive(Debug)]
pub(super) struct Packed {
    /// The ZIP archive.
    pub(super) bytes: Vec<u8>,
    /// The hash of the files in it, without the manifest.
    pub(super) hash: String,
}

/// Packs `files` into one ZIP archive, in a folder named `folder`, with the manifest beside them.
///
/// # Errors
/// When a name is too long for a ZIP archive.
pub(super) fn pack(folder: &str, name: Option<&str>, files: &Files) -> anyhow::Result<Packed> {
    let hash = hash(files);
    let entries =
        files.iter().map(|(path, bytes)| Entry { path, bytes: bytes.len(), sha256: sha256(bytes) }).collect();
    let course = env!("CARGO_PKG_VERSION");
    let manifest = Manifest { format: FORMAT, lab: folder, name, course, sha256: &hash, files: entries };
    let mut manifest = serde_json::to_vec_pretty(&manifest).context("write the manifest")?;
    manifest.push(b'\n');

    let all = std::iter::once((MANIFEST, &manifest));
    let all = all.chain(files.iter().map(|(path, bytes)| (path.as_str(), bytes)));
    let bytes = zip(all.map(|(path, bytes)| (format!("{folder}/{path}"), bytes.as_slice(), 0o644)))?;
    Ok(Packed { bytes, hash })
}

/// One ZIP archive with these files: path, bytes, mode.
///
/// # Errors
/// When a name is too long for a ZIP archive.
pub(crate) fn zip<'a>(files: impl Iterator<Item = (String, &'a [u8], u32)>) -> anyhow::Result<Vec<u8>> {
    let mut zip = ZipArchiveWriter::new(Vec::new());
    for (path, bytes, mode) in files {
        add(&mut zip, &path, bytes, mode).with_context(|| format!("pack {path}"))?;
    }
    zip.finish().context("finish the archive")
}

fn add(zip: &mut ZipArchiveWriter<Vec<u8>>, path: &str, bytes: &[u8], mode: u32) -> anyhow::Result<()> {
    let entry = zip.new_file(path).compression_method(CompressionMethod::DEFLATE);
    let (mut entry, _) = entry.last_modified(UtcDateTime::from_unix(DATE)).unix_permissions(mode).start()?;
    entry.write_all(&compress_to_vec(bytes, LEVEL))?;
    entry.finish(DataDescriptorOutput::new(crc32(bytes), bytes.len() as u64))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use miniz_oxide::inflate::decompress_to_vec;
    use rawzip::ZipArchive;
    use std::collections::BTreeMap;

    fn files() -> Files {
        Files::from([("src/b.rs".to_owned(), b"b".to_vec()), ("src/a.rs".to_owned(), vec![0, 255])])
    }

    fn unpacked(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
        let zip = ZipArchive::from_slice(bytes).unwrap();
        let mut entries = zip.entries();
        let mut found = BTreeMap::new();
        while let Some(entry) = entries.next_entry().unwrap() {
            let data = zip.get_entry(entry.wayfinder()).unwrap().data();
            let bytes = decompress_to_vec(data).unwrap();
            assert_eq!((entry.crc32(), entry.uncompressed_size_hint()), (crc32(&bytes), bytes.len() as u64));
            found.insert(entry.file_path().try_normalize().unwrap().as_ref().to_owned(), bytes);
        }
        found
    }

    #[test]
    fn the_same_files_give_the_same_bytes() {
        let one = pack("01-x", Some("ada"), &files()).unwrap();
        let two = pack("01-x", Some("ada"), &files()).unwrap();
        assert_eq!(one.bytes, two.bytes);
        assert_ne!(pack("01-x", None, &files()).unwrap().bytes, one.bytes);
    }

    #[test]
    fn the_archive_holds_the_manifest_and_the_files() {
        let packed = pack("01-x", Some("Ada Übung"), &files()).unwrap();
        let found = unpacked(&packed.bytes);
        let names: Vec<_> = found.keys().collect();
        assert_eq!(names, ["01-x/SUBMISSION.json", "01-x/src/a.rs", "01-x/src/b.rs"]);
        assert_eq!(found["01-x/src/a.rs"], [0, 255]);
        let manifest: serde_json::Value = serde_json::from_slice(&found["01-x/SUBMISSION.json"]).unwrap();
        assert_eq!(manifest["format"], FORMAT);
        assert_eq!((&manifest["lab"], &manifest["name"]), (&"01-x".into(), &"Ada Übung".into()));
        assert_eq!(manifest["sha256"], packed.hash);
        assert_eq!(manifest["files"][1]["path"], "src/b.rs");
        assert_eq!(manifest["files"][1]["bytes"], 1);
        assert_eq!(manifest["files"][1]["sha256"], sha256(b"b"));
    }
}
