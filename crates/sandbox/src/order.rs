//! What the parent tells the helper (an [`Order`], JSON in a memfd), and what comes back on the status pipe
//! ([`Message`]s, each a length and JSON; a file's bytes follow its message).

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::fd::{OwnedFd, RawFd};
use std::path::PathBuf;

use anyhow::{Context, Result};
use nix::sys::memfd::{MFdFlags, memfd_create};
use serde::{Deserialize, Serialize};

use crate::cgroup::Doors;
use crate::spec::{Level, Spec};

/// The helper's work. The descriptors are numbers of the helper's own table.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) level: Level,
    pub(crate) spec: Spec,
    /// The uid that root's programs run as; `None` for an ordinary user.
    pub(crate) slot_uid: Option<u32>,
    /// The process that must be our parent, or nobody waits for us any more.
    pub(crate) parent: i32,
    /// Write end: [`Message`]s go here.
    pub(crate) status: RawFd,
    /// Read end: when the parent closes its side, everything is to be killed.
    pub(crate) control: RawFd,
    /// Write end of the referee's pipe.
    pub(crate) verdict: RawFd,
    /// The control group of the run.
    pub(crate) group: Doors,
    /// Levels without namespaces: folders to be filled from overlays' lower folders, (from, to).
    pub(crate) copies: Vec<(PathBuf, PathBuf)>,
    /// Levels without namespaces: the folder that holds all that may be written.
    pub(crate) work: Option<PathBuf>,
}

impl Order {
    /// Writes the order into a memfd and rewinds it.
    pub(crate) fn to_memfd(&self) -> Result<OwnedFd> {
        let fd = memfd_create(c"sandbox-order", MFdFlags::MFD_CLOEXEC).context("create the order's memfd")?;
        let mut file = File::from(fd);
        serde_json::to_writer(&file, self).context("write the order")?;
        file.rewind().context("rewind the order")?;
        Ok(file.into())
    }

    /// Reads the order back in the helper.
    pub(crate) fn read(fd: OwnedFd) -> Result<Self> {
        serde_json::from_reader(std::io::BufReader::new(File::from(fd))).context("read the order")
    }
}

/// One line of the helper's report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Message {
    /// Something is weaker than wished.
    Note(String),
    /// The sandbox could not be made; nothing unread has run.
    Failed(String),
    /// The supervised command's wait status.
    Command(i32),
    /// The first process's wait status.
    First(i32),
    /// The run is not in its control group, and why.
    NoGroup(String),
    /// So many bytes of a collected file follow.
    File(u64),
    /// A file that could not be collected, and why.
    NoFile(String),
}

/// The helper's end of the status pipe.
#[derive(Debug)]
pub(crate) struct Status(File);

impl Status {
    pub(crate) fn new(fd: OwnedFd) -> Self {
        Self(fd.into())
    }

    /// Sends one message in one write, so that two processes of the helper never mix theirs.
    pub(crate) fn send(&self, message: &Message) -> Result<()> {
        let json = serde_json::to_vec(message).context("encode a status message")?;
        let length = u32::try_from(json.len()).context("encode a status message")?;
        let mut bytes = length.to_le_bytes().to_vec();
        bytes.extend(json);
        (&self.0).write_all(&bytes).context("write a status message")
    }

    /// Sends a file: its message, then its bytes.
    pub(crate) fn send_file(&self, bytes: &[u8]) -> Result<()> {
        self.send(&Message::File(bytes.len() as u64))?;
        (&self.0).write_all(bytes).context("write a collected file")
    }
}

/// Takes the status pipe's bytes apart. Stops at the first incomplete message: the helper was killed there.
pub(crate) fn parse(mut bytes: &[u8]) -> Vec<(Message, Vec<u8>)> {
    let mut messages = Vec::new();
    while let Some((message, payload)) = next(&mut bytes) {
        messages.push((message, payload));
    }
    messages
}

fn next(bytes: &mut &[u8]) -> Option<(Message, Vec<u8>)> {
    let mut length = [0; 4];
    bytes.read_exact(&mut length).ok()?;
    let json = bytes.split_off(..u32::from_le_bytes(length) as usize)?;
    let message = serde_json::from_slice(json).ok()?;
    let payload = match message {
        Message::File(length) => bytes.split_off(..usize::try_from(length).ok()?)?.to_vec(),
        _ => Vec::new(),
    };
    Some((message, payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_survive_the_pipe_and_a_cut_one_is_dropped() -> Result<()> {
        let (read, write) = nix::unistd::pipe()?;
        let status = Status::new(write);
        status.send(&Message::Note("overlay: copied".to_owned()))?;
        status.send_file(b"bytes")?;
        status.send(&Message::Command(256))?;
        drop(status);
        let mut bytes = Vec::new();
        File::from(read).read_to_end(&mut bytes)?;

        let whole = parse(&bytes);
        assert_eq!(whole.len(), 3);
        assert_eq!(whole[1], (Message::File(5), b"bytes".to_vec()));
        assert_eq!(parse(&bytes[..bytes.len() - 1]).len(), 2);
        Ok(())
    }
}
