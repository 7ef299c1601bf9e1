//! The journal: frames, one after the other, in a file. See `open(2)` (O_APPEND), `ftruncate(2)`.
//!
//! | frame | means |
//! |---|---|
//! | pong (the first) | the instance |
//! | ping | a client has an entry, with this window |
//! | call | an append is executed, or a gate begins |
//! | cancel | a client is forgotten |
//!
//! A record is in the file, for every process, when write(2) has returned; fsync(2) is for machines that die.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::bail;
use ipc_kit::retry;
use nix::errno::Errno;
use nix::unistd::{ftruncate, write};

use crate::failure::failed;
use crate::frame::{Frame, HEADER, kind};

/// The client of the first frame: "journal1" in ASCII.
const MARK: u64 = u64::from_le_bytes(*b"journal1");
const FIRST: usize = HEADER + 8;

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    file: File,
    /// So long is what is whole.
    length: usize,
}

impl Journal {
    /// Opens or makes the journal; gives the instance, and the records.
    ///
    /// # Errors
    /// `FILE: REASON`, and `FILE: not a journal`, which is left as it is.
    pub fn open(path: &Path, fresh: u64) -> anyhow::Result<(Self, u64, Vec<Frame>)> {
        let name = &path.display().to_string();
        let complaint =
            &|error: io::Error| failed(name, Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO)));
        let nonblock = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .custom_flags(libc::O_NONBLOCK)
            .open(path);
        let mut file = nonblock.map_err(complaint)?;
        if !file.metadata().map_err(complaint)?.is_file() {
            bail!("{name}: not a journal");
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(complaint)?;
        let first = Frame::new(kind::PONG, MARK, 0, fresh.to_le_bytes().to_vec());
        let Some((instance, records, length)) = read(&bytes, &first.encode()) else {
            bail!("{name}: not a journal");
        };
        let mut journal = Self { file, length };
        ftruncate(&journal.file, length as i64).map_err(|errno| failed(name, errno))?;
        if length == 0 {
            journal.write(&first).map_err(|errno| failed(name, errno))?;
        }
        Ok((journal, instance.unwrap_or(fresh), records))
    }

    /// Writes a record: all of it, or nothing.
    ///
    /// # Errors
    /// What write(2) says: ENOSPC, EFBIG.
    pub fn write(&mut self, record: &Frame) -> nix::Result<()> {
        let bytes = record.encode();
        let mut written = 0;
        while written < bytes.len() {
            match retry(|| write(&self.file, &bytes[written..])) {
                Ok(count) => written += count,
                Err(errno) => {
                    ftruncate(&self.file, self.length as i64)?;
                    return Err(errno);
                }
            }
        }
        self.length += written;
        Ok(())
    }
}

/// Instance, records, and the length of what is whole; `None` if it is no journal.
fn read(bytes: &[u8], first: &[u8]) -> Option<(Option<u64>, Vec<Frame>, usize)> {
    if bytes.len() < FIRST {
        // Empty, or torn while it was made: then it has served nobody.
        let known = bytes.len().min(20);
        return (bytes[..known] == first[..known]).then_some((None, Vec::new(), 0));
    }
    let (begin, mut end) = Frame::decode(bytes).ok().flatten()?;
    let is_first = begin.kind == kind::PONG && begin.client == MARK && end == FIRST;
    let instance = u64::from_le_bytes(*begin.body.first_chunk().filter(|_| is_first)?);
    let mut records = Vec::new();
    while let Some((record, length)) = Frame::decode(&bytes[end..]).ok()? {
        records.push(record);
        end += length;
    }
    Some((Some(instance), records, end))
}
