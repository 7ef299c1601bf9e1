//! tar, from a stream that may be compressed. Nothing is unpacked: entries are read one after the other.

use std::io::Read;

use tar::EntryType;

use super::Archive;
use crate::intake::rules::MAX_FILE;
use crate::intake::walk::Kind;

pub(super) fn read(archive: &mut Archive, stream: impl Read) -> Result<(), String> {
    let wrong = |error: std::io::Error| format!("it is damaged: {error}");
    let mut packed = tar::Archive::new(stream);
    for entry in packed.entries().map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        let kind = match entry.header().entry_type() {
            EntryType::Directory | EntryType::XGlobalHeader => continue,
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => Kind::File,
            EntryType::Symlink => Kind::Special("a symbolic link"),
            EntryType::Link => Kind::Special("a hard link"),
            EntryType::Fifo => Kind::Special("a FIFO"),
            _ => Kind::Special("a special file"),
        };
        let name = entry.path_bytes().into_owned();
        if let Some(path) = archive.list(&name, kind, entry.size())? {
            let mut bytes = Vec::new();
            entry.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(wrong)?;
            archive.keep(path, bytes)?;
        }
    }
    // The checksum stands at the end of the stream, behind the end of the archive.
    std::io::copy(&mut packed.into_inner(), &mut std::io::sink()).map_err(wrong)?;
    Ok(())
}
