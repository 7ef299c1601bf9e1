//! ZIP: only the files that are wanted are unpacked, each with its own limit.

use std::fs::File;
use std::io::Read;

use flate2::read::DeflateDecoder;
use rawzip::{CompressionMethod, RECOMMENDED_BUFFER_SIZE, ZipArchive, ZipFileHeaderRecord};

use super::Archive;
use crate::intake::rules::MAX_FILE;
use crate::intake::walk::Kind;

/// The type in a Unix mode, and what it says; inode(7).
const TYPE: u32 = 0o170_000;
const LINK: u32 = 0o120_000;
const REGULAR: u32 = 0o100_000;

pub(super) fn read(archive: &mut Archive, file: File) -> Result<(), String> {
    let wrong = |error: rawzip::Error| format!("it is damaged: {error}");
    let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
    let packed = ZipArchive::from_file(file, &mut buffer).map_err(wrong)?;
    let mut wanted = Vec::new();
    let mut entries = packed.entries(&mut buffer);
    while let Some(entry) = entries.next_entry().map_err(wrong)? {
        if entry.is_dir() {
            continue;
        }
        let (method, size) = (entry.compression_method(), entry.uncompressed_size_hint());
        let name = entry.file_path().as_bytes().to_vec();
        if let Some(path) = archive.list(&name, kind(&entry), size)? {
            wanted.push((path, entry.wayfinder(), method));
        }
    }
    for (path, place, method) in wanted {
        let wrong =
            |error: &dyn std::fmt::Display| format!("{} in it cannot be read: {error}", path.display());
        let entry = packed.get_entry(place).map_err(|error| wrong(&error))?;
        let mut unpacked: Box<dyn Read> = match method {
            CompressionMethod::STORE => Box::new(entry.verifying_reader(entry.reader())),
            _ => Box::new(entry.verifying_reader(DeflateDecoder::new(entry.reader()))),
        };
        // One byte more than allowed shows that the size was a lie. What is read to its end is compared with its checksum.
        let mut bytes = Vec::new();
        unpacked.by_ref().take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|error| wrong(&error))?;
        archive.keep(path, bytes)?;
    }
    Ok(())
}

fn kind(entry: &ZipFileHeaderRecord<'_>) -> Kind {
    let unreadable = Kind::Unreadable(std::io::ErrorKind::Unsupported);
    match entry.mode().value() & TYPE {
        LINK => Kind::Special("a symbolic link"),
        // Programs on other systems than Unix write no type.
        0 | REGULAR if entry.flags().is_encrypted() => unreadable,
        0 | REGULAR => match entry.compression_method() {
            CompressionMethod::STORE | CompressionMethod::DEFLATE => Kind::File,
            _ => unreadable,
        },
        _ => Kind::Special("a special file"),
    }
}
