//! The tasks of `dnc wc`. Task f counts the words of file f (*map*); after all of these, task F + k makes part k of the
//! output (*reduce*).
//!
//! A task writes a file under a name that only this attempt has, and renames it when it is whole. All attempts write
//! the same, so it does not matter which one was the last.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use nix::unistd::getpid;

use crate::board::Board;
use crate::failure::Failure;
use crate::parts;
use crate::work;
use crate::workers::Tasks;

/// Bytes of a length at the beginning of a table.
const LENGTH: usize = 8;

/// What there is to count, and where.
#[derive(Debug)]
pub struct Words<'a> {
    /// The files.
    pub files: &'a [PathBuf],
    /// How many parts the output has.
    pub parts: usize,
    /// The folder of the output.
    pub out: &'a Path,
    /// The folder of what lies between.
    pub hidden: &'a Path,
}

impl Tasks for Words<'_> {
    fn take(&self, board: &Board, worker: usize) -> Option<usize> {
        let maps = self.files.len();
        let map = board.take(0..maps, worker);
        map.or_else(|| board.take(maps..maps + self.parts, worker))
    }

    fn perform(&self, task: usize) -> Result<(), Failure> {
        match task.checked_sub(self.files.len()) {
            None => self.map(task),
            Some(part) => self.reduce(part),
        }
    }

    fn name(&self, task: usize) -> String {
        match task.checked_sub(self.files.len()) {
            None => self.files[task].display().to_string(),
            Some(part) => format!("part {part}"),
        }
    }
}

impl Words<'_> {
    /// Counts the words of a file. The table that it leaves has a section for each part: first the lengths of all, then
    /// the sections, with a line `WORD COUNT` for each word.
    fn map(&self, file: usize) -> Result<(), Failure> {
        let path = &self.files[file];
        let text = fs::read(path).map_err(|error| Failure::io(path.display().to_string(), &error))?;
        let mut counts: BTreeMap<&[u8], u64> = BTreeMap::new();
        work::words(&text, |word| *counts.entry(word).or_default() += 1)?;
        let mut sections = vec![Vec::new(); self.parts];
        for (word, count) in counts {
            put_line(&mut sections[work::part_of(word, self.parts)], word, count);
        }
        let lengths = sections.iter().flat_map(|section| (section.len() as u64).to_le_bytes());
        let table = [lengths.collect(), sections.concat()].concat();
        self.publish(&table, &self.table(file))
    }

    /// Joins the sections of one part of all tables.
    fn reduce(&self, part: usize) -> Result<(), Failure> {
        work::begin()?;
        let mut sections = Vec::new();
        for file in 0..self.files.len() {
            let section = section(&self.table(file), part, self.parts);
            sections.push(section.map_err(|error| Failure::io(self.out.display().to_string(), &error))?);
        }
        let mut counts: Vec<(&[u8], u64)> = Vec::new();
        for line in sections.iter().flat_map(|section| parts::lines(section)) {
            let malformed =
                || Failure::new(self.out.display().to_string(), "somebody has changed a table in it");
            counts.push(parse(line).ok_or_else(malformed)?);
        }
        counts.sort_unstable();
        let mut text = Vec::new();
        for same in counts.chunk_by(|one, other| one.0 == other.0) {
            put_line(&mut text, same[0].0, same.iter().map(|one| one.1).sum());
        }
        self.publish(&text, &self.out.join(format!("out-{part}")))
    }

    fn table(&self, file: usize) -> PathBuf {
        self.hidden.join(format!("map-{file}"))
    }

    /// Makes a file appear whole.
    fn publish(&self, bytes: &[u8], path: &Path) -> Result<(), Failure> {
        // One process does one task at a time: nobody else has this name.
        let attempt = self.hidden.join(format!("attempt-{}", getpid()));
        let published = fs::write(&attempt, bytes).and_then(|()| fs::rename(&attempt, path));
        published.map_err(|error| Failure::io(self.out.display().to_string(), &error))
    }
}

fn put_line(text: &mut Vec<u8>, word: &[u8], count: u64) {
    text.extend_from_slice(word);
    text.extend_from_slice(format!(" {count}\n").as_bytes());
}

/// A word, which has no blank, and its count.
fn parse(line: &[u8]) -> Option<(&[u8], u64)> {
    let blank = line.iter().rposition(|&byte| byte == b' ')?;
    let count = std::str::from_utf8(&line[blank + 1..]).ok()?.parse().ok()?;
    Some((&line[..blank], count))
}

/// One section of a table.
fn section(table: &Path, part: usize, parts: usize) -> std::io::Result<Vec<u8>> {
    let mut table = File::open(table)?;
    let mut lengths = vec![0; parts * LENGTH];
    table.read_exact(&mut lengths)?;
    let (lengths, _) = lengths.as_chunks::<LENGTH>();
    let before: u64 = lengths[..part].iter().map(|length| u64::from_le_bytes(*length)).sum();
    table.seek(SeekFrom::Start((parts * LENGTH) as u64 + before))?;
    let length = u64::from_le_bytes(lengths[part]);
    let mut bytes = Vec::new();
    table.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err(std::io::ErrorKind::UnexpectedEof.into()) }
}
