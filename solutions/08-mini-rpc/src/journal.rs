// BEGIN SOLUTION
//! The journal: what must be known after the death of rpcd is written down before it is told. See `write(2)`: O_APPEND.
//!
//! A record is its length, its checksum and its body. One `write` writes one record, so that whoever is killed has
//! written it or not; a record cut short by something else is at the end, and is cut off.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::ensure;
use nix::errno::Errno;

use crate::calls::CallId;
use crate::crc::crc32;
use crate::failure::failed;
use crate::frame::{Frame, kind};
use crate::interface::number;
use crate::refusal::Refusal;
use crate::server::Server;
use crate::table::Admission;
use crate::wire::{Bytes, Wire, array};

/// What a journal begins with.
const MAGIC: &[u8; 8] = b"RPCD-J1\n";

/// What is recorded, by the first byte of the body.
mod record {
    pub(super) const INSTANCE: u8 = 0;
    pub(super) const CLIENT: u8 = 1;
    pub(super) const APPEND: u8 = 2;
    pub(super) const GATE: u8 = 3;
}

/// The file, open at its end.
pub(crate) struct Journal(File);

impl Journal {
    /// Writes a record, whole or not at all.
    fn write(&mut self, what: u8, fields: &[&dyn Put]) -> Result<(), Errno> {
        let mut body = vec![what];
        fields.iter().for_each(|field| field.put_into(&mut body));
        let mut bytes = Vec::new();
        u32::try_from(body.len()).unwrap_or(u32::MAX).put(&mut bytes);
        crc32(&[&body]).put(&mut bytes);
        bytes.extend(body);
        let before = self.0.metadata().map_err(|error| errno_of(&error))?.len();
        self.0.write_all(&bytes).map_err(|error| {
            // A part of it may be there, and what follows must not stand behind a torn record.
            let _ = self.0.set_len(before);
            errno_of(&error)
        })
    }
}

/// A value of any type.
trait Put {
    fn put_into(&self, out: &mut Vec<u8>);
}

impl<T: Wire> Put for T {
    fn put_into(&self, out: &mut Vec<u8>) {
        self.put(out);
    }
}

fn errno_of(error: &std::io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO))
}

impl Server<'_> {
    /// Makes the journal, or does again what stands in it.
    pub(crate) fn recover(&mut self, path: &Path) -> anyhow::Result<()> {
        let say = |error: std::io::Error| failed(path.display(), errno_of(&error));
        let mut options = OpenOptions::new();
        let mut file = options.read(true).append(true).create(true).mode(0o600).open(path).map_err(say)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(say)?;
        let is_torn = MAGIC.starts_with(&bytes);
        ensure!(is_torn || bytes.starts_with(MAGIC), "{}: not a journal", path.display());
        let mut rest = bytes.get(MAGIC.len()..).unwrap_or_default();
        let mut is_new = true;
        while let Some((body, after)) = next_record(rest) {
            ensure!(self.replay(body).is_some(), "{}: not a journal", path.display());
            rest = after;
            is_new = false;
        }
        if is_new {
            file.set_len(0).map_err(say)?;
            file.write_all(MAGIC).map_err(say)?;
        } else {
            file.set_len((bytes.len() - rest.len()) as u64).map_err(say)?;
        }
        let mut journal = Journal(file);
        if is_new {
            journal
                .write(record::INSTANCE, &[&self.instance])
                .map_err(|errno| failed(path.display(), errno))?;
        }
        self.journal = Some(journal);
        Ok(())
    }

    fn replay(&mut self, mut body: &[u8]) -> Option<()> {
        let input = &mut body;
        match array::<1>(input)? {
            [record::INSTANCE] => self.instance = u64::take(input)?,
            [record::CLIENT] => {
                let (client, window) = (u64::take(input)?, u32::take(input)?);
                self.table.enter(client, window);
            }
            [record::APPEND] => {
                let (client, seq) = (u64::take(input)?, u32::take(input)?);
                let value = self.keys.entry(String::take(input)?).or_default();
                value.extend(Bytes::take(input)?.0);
                let mut body = Vec::new();
                (value.len() as u64).put(&mut body);
                self.remember(number::append, &Frame { kind: kind::RESULT, client, seq, body });
            }
            [record::GATE] => {
                let (client, seq) = (u64::take(input)?, u32::take(input)?);
                self.remember(number::gate, &Frame::refusal(client, seq, &Refusal::OUTCOME_UNKNOWN));
            }
            _ => return None,
        }
        input.is_empty().then_some(())
    }

    fn remember(&mut self, method: u16, answer: &Frame) {
        if self.table.admit(answer.client, answer.seq, method) == Admission::Execute {
            self.table.finish(answer.client, answer.seq, answer.encode());
        }
    }

    /// Executes an append: written down first, then done. Gives the new length.
    pub(crate) fn append(&mut self, (client, seq): CallId, key: &str, bytes: &[u8]) -> Result<u64, Refusal> {
        if let Some(journal) = &mut self.journal {
            let fields: [&dyn Put; 4] = [&client, &seq, &key.to_owned(), &Bytes(bytes.to_vec())];
            journal.write(record::APPEND, &fields).map_err(Refusal::by_the_system)?;
        }
        let value = self.keys.entry(key.to_owned()).or_default();
        value.extend(bytes);
        Ok(value.len() as u64)
    }

    /// A gate is about to begin.
    pub(crate) fn record_gate(&mut self, (client, seq): CallId) -> Result<(), Refusal> {
        let Some(journal) = &mut self.journal else { return Ok(()) };
        journal.write(record::GATE, &[&client, &seq]).map_err(Refusal::by_the_system)
    }

    /// A client has pinged.
    pub(crate) fn record_client(&mut self, client: u64, window: u32) -> Result<(), Refusal> {
        let Some(journal) = &mut self.journal else { return Ok(()) };
        journal.write(record::CLIENT, &[&client, &window]).map_err(Refusal::by_the_system)
    }
}

/// The body of the record at the front, and what follows it; `None` at the end, and at a record cut short.
fn next_record(mut bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let length = usize::try_from(u32::take(&mut bytes)?).ok()?;
    let checksum = u32::take(&mut bytes)?;
    let (body, rest) = bytes.split_at_checked(length)?;
    (crc32(&[body]) == checksum).then_some((body, rest))
}
// END SOLUTION
