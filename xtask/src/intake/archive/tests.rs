//! Archives as packers write them, and as nobody honest does.

use std::io::{Seek as _, Write};

use rstest::rstest;
use tar::EntryType;

use super::*;

/// Everything that is in an archive.
type Members<'a> = &'a [(&'a str, &'a [u8])];

fn tar_of(members: Members<'_>) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        // Written by hand: the library itself refuses paths that lead out.
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzip_of(members: Members<'_>) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&tar_of(members)).unwrap();
    encoder.finish().unwrap()
}

fn zstd_of(members: Members<'_>) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(&tar_of(members)[..], ruzstd::encoding::CompressionLevel::Fastest)
}

fn zip_of(members: Members<'_>) -> Vec<u8> {
    let mut archive = rawzip::ZipArchiveWriter::new(Vec::new());
    for (name, bytes) in members {
        let path = rawzip::path::EntryPath::verbatim(name.as_bytes().to_vec());
        let file = archive.new_file(path).compression_method(rawzip::CompressionMethod::DEFLATE);
        let (mut entry, config) = file.start().unwrap();
        let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::fast());
        let mut writer = config.wrap(encoder);
        writer.write_all(bytes).unwrap();
        let (encoder, descriptor) = writer.finish().unwrap();
        encoder.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap()
}

const FORMS: [fn(Members<'_>) -> Vec<u8>; 4] = [zip_of, tar_of, gzip_of, zstd_of];

fn open(bytes: &[u8]) -> Result<Archive, String> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    Archive::open(file)
}

#[test]
fn each_form_gives_the_same_list_and_the_same_bytes() {
    for form in FORMS {
        let archive = open(&form(&[
            ("./lab/src/lib.rs", b"pub fn a() {}"),
            ("lab/README.md", b""),
            ("lab/target/x", b"1"),
        ]));
        let archive = archive.unwrap();
        let names: Vec<_> = archive.entries.iter().map(|entry| (entry.name.as_str(), entry.kind)).collect();
        assert_eq!(
            names,
            [("lab/README.md", Kind::File), ("lab/src/lib.rs", Kind::File), ("lab/target", Kind::Skipped)]
        );
        assert_eq!(archive.read(Path::new("lab/src/lib.rs"), 100).unwrap(), b"pub fn a() {}");
        assert_eq!(archive.read(Path::new("lab/src/lib.rs"), 5), None);
    }
}

#[rstest]
#[case::out("../x.rs", "it has the path ../x.rs, which leads out of it")]
#[case::out_on_the_way("a/../../x.rs", "which leads out of it")]
#[case::out_as_windows_writes_it("a\\..\\..\\x.rs", "which leads out of it")]
#[case::absolute("/etc/passwd", "which leads out of it")]
fn a_path_that_leads_out_refuses_the_whole(#[case] name: &str, #[case] why: &str) {
    for form in FORMS {
        let told = open(&form(&[("src/lib.rs", b"ok"), (name, b"evil")])).unwrap_err();
        assert!(told.contains(why), "{told}");
    }
}

#[test]
fn the_same_name_twice_refuses_the_whole() {
    for form in FORMS {
        let told = open(&form(&[("src/lib.rs", b"one"), ("./src/lib.rs", b"two")])).unwrap_err();
        assert_eq!(told, "src/lib.rs is in it twice");
    }
}

#[test]
fn a_large_file_is_listed_and_not_kept() {
    let large = vec![b'x'; MAX_FILE as usize + 1];
    for form in FORMS {
        let archive = open(&form(&[("src/lib.rs", &large)])).unwrap();
        assert_eq!(archive.entries.len(), 1);
        assert_eq!(archive.read(Path::new("src/lib.rs"), u64::MAX), None);
    }
}

#[test]
fn many_small_files_are_not_kept_without_end() {
    let name = |number: usize| format!("src/f{number}.rs");
    let names: Vec<String> = (0..140).map(name).collect();
    let bytes = vec![b'x'; MAX_FILE as usize];
    let members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), bytes.as_slice())).collect();
    let told = open(&gzip_of(&members)).unwrap_err();
    assert_eq!(told, "its files are larger than 32 MiB together");
}

#[test]
fn links_are_listed_as_what_they_are() {
    let mut builder = tar::Builder::new(Vec::new());
    for (kind, name) in
        [(EntryType::Symlink, "src/a.rs"), (EntryType::Link, "src/b.rs"), (EntryType::Fifo, "src/c.rs")]
    {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        builder.append_link(&mut header, name, "/etc/passwd").unwrap();
    }
    let archive = open(&builder.into_inner().unwrap()).unwrap();
    let kinds: Vec<Kind> = archive.entries.iter().map(|entry| entry.kind).collect();
    let words = ["a symbolic link", "a hard link", "a FIFO"];
    assert_eq!(kinds, words.map(Kind::Special));
}

#[rstest]
#[case::cut(|bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec())]
#[case::flipped(|mut bytes: Vec<u8>| { let middle = bytes.len() / 2; bytes[middle] ^= 0x55; bytes })]
fn a_damaged_archive_is_told(#[case] damage: fn(Vec<u8>) -> Vec<u8>) {
    let bytes: Vec<u8> = (0..5000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    for form in [zip_of, gzip_of] {
        let damaged = damage(form(&[("src/lib.rs", &bytes)]));
        assert!(open(&damaged).is_err());
    }
}

#[rstest]
#[case(b"", "it is no ZIP, tar, tar.gz or tar.zst archive")]
#[case(b"pub fn main() {}", "it is no ZIP, tar, tar.gz or tar.zst archive")]
#[case(b"PK\x03\x04and nothing more", "it is damaged")]
fn what_is_no_archive_is_told(#[case] bytes: &[u8], #[case] why: &str) {
    let told = open(bytes).unwrap_err();
    assert!(told.starts_with(why), "{told}");
}
