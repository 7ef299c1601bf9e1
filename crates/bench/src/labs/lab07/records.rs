//! Files of records: lines of one size, each different, so that a lost, doubled or torn one shows.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::harness::Setup;
use crate::labs::trip::difference;

/// At most so many records and so many bytes are one measurement.
const MOST: usize = 400_000;
const MOST_BYTES: usize = 48 << 20;
/// The digits that make a record different from the others.
const DIGITS: usize = 10;

/// A file of records.
pub(super) struct Records {
    pub(super) path: PathBuf,
    pub(super) size: usize,
    pub(super) count: usize,
}

impl Records {
    /// As many as one measurement needs, of this size; the file is made once.
    pub(super) fn of(setup: &Setup, size: usize) -> anyhow::Result<Self> {
        let count = setup.scaled(MOST.min(MOST_BYTES / size));
        Self::exactly(setup, size, count)
    }

    /// So many.
    pub(super) fn exactly(setup: &Setup, size: usize, count: usize) -> anyhow::Result<Self> {
        let path = setup.scratch().join(format!("records-{size}-{count}"));
        if !path.exists() {
            write(&path, size, count).with_context(|| format!("write {}", path.display()))?;
        }
        Ok(Self { path, size, count })
    }

    /// The bytes of all records, without their newlines.
    pub(super) fn bytes(&self) -> usize {
        self.size * self.count
    }

    /// The file, from its beginning.
    pub(super) fn open(&self) -> anyhow::Result<File> {
        File::open(&self.path).with_context(|| format!("open {}", self.path.display()))
    }

    /// Compares what came out with what went in.
    pub(super) fn compare(&self, output: &Path) -> anyhow::Result<()> {
        let read = |path: &Path| fs::read(path).with_context(|| format!("read {}", path.display()));
        let (wanted, came) = (read(&self.path)?, read(output)?);
        if wanted == came {
            return Ok(());
        }
        let lines =
            |bytes: &'_ [u8]| bytes.split(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
        let (wanted, came) = (lines(&wanted), lines(&came));
        let nothing = Vec::new();
        let first = (0..wanted.len()).find(|&at| came.get(at) != wanted.get(at)).unwrap_or(wanted.len());
        let (wanted, came) = (wanted.get(first).unwrap_or(&nothing), came.get(first).unwrap_or(&nothing));
        bail!("record {}: {}", first + 1, difference(came, wanted))
    }
}

fn write(path: &Path, size: usize, count: usize) -> anyhow::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let filler: Vec<u8> = (b'a'..=b'z').cycle().take(size.saturating_sub(DIGITS)).collect();
    for number in 0..count {
        let digits = format!("{number:0DIGITS$}");
        file.write_all(&digits.as_bytes()[..DIGITS.min(size)])?;
        file.write_all(&filler)?;
        file.write_all(b"\n")?;
    }
    file.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_that_is_lost_or_torn_is_told_by_its_number() {
        let setup = Setup::new(Vec::new(), 1.0).unwrap();
        let records = Records::exactly(&setup, 16, 3).unwrap();
        let text = fs::read_to_string(&records.path).unwrap();
        assert_eq!(text, "0000000000abcdef\n0000000001abcdef\n0000000002abcdef\n");
        let output = setup.scratch().join("output");
        let told = |text: &str| {
            fs::write(&output, text).unwrap();
            records.compare(&output).map_err(|error| error.to_string())
        };
        told(&text).unwrap();
        let lost = told(&text.replace("0000000001abcdef\n", "")).unwrap_err();
        assert_eq!(lost, "record 2: expected `0000000001abcdef`, received `0000000002abcdef`");
        assert_eq!(told("").unwrap_err(), "record 1: expected `0000000000abcdef`, and nothing came");
        assert!(told(&format!("{text}x")).unwrap_err().starts_with("record 4: "));
    }
}
