// BEGIN SOLUTION
//! What there is to read behind a name, and how much. See `fstat(2)`, `fifo(7)`.

use std::os::fd::{AsFd, OwnedFd};

use ipc_kit::retry;
use nix::sys::stat::{SFlag, fstat};
use nix::unistd::read;

use crate::answer::Refusal;

/// The most bytes that are read from a FIFO.
pub const FIFO_MAX: usize = 65536;

/// An open file of which the size is known.
#[derive(Debug)]
pub enum Content {
    /// A regular file, and its size when it was opened.
    File(OwnedFd, u64),
    /// All that came through a FIFO.
    Bytes(Vec<u8>),
}

impl Content {
    /// Looks at what was opened. For a FIFO, waits until its writers have closed it or it has given enough.
    ///
    /// # Errors
    /// `NotFound` for folders and devices, `TooLong` above `limit` bytes.
    pub fn of(file: OwnedFd, limit: u64) -> Result<Self, Refusal> {
        let status = fstat(&file).map_err(|_| Refusal::Failed)?;
        let content = match kind(status.st_mode) {
            SFlag::S_IFREG => Self::File(file, u64::try_from(status.st_size).map_err(|_| Refusal::Failed)?),
            SFlag::S_IFIFO => Self::Bytes(read_at_most(&file, FIFO_MAX).map_err(|_| Refusal::Failed)?),
            _ => return Err(Refusal::NotFound),
        };
        if content.size() > limit { Err(Refusal::TooLong) } else { Ok(content) }
    }

    /// A file that may be passed on: no folder, no device.
    ///
    /// # Errors
    /// `NotFound` for these.
    pub fn readable(file: OwnedFd) -> Result<OwnedFd, Refusal> {
        Self::one_of(&[SFlag::S_IFREG, SFlag::S_IFIFO], file)
    }

    /// A file that keeps nobody waiting.
    ///
    /// # Errors
    /// `NotFound` for everything else.
    pub fn regular(file: OwnedFd) -> Result<OwnedFd, Refusal> {
        Self::one_of(&[SFlag::S_IFREG], file)
    }

    fn one_of(kinds: &[SFlag], file: OwnedFd) -> Result<OwnedFd, Refusal> {
        let status = fstat(&file).map_err(|_| Refusal::Failed)?;
        if kinds.contains(&kind(status.st_mode)) { Ok(file) } else { Err(Refusal::NotFound) }
    }

    /// In bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        match self {
            Self::File(_, size) => *size,
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }

    /// Gives the bytes to `take`, piece by piece; false if the file has become shorter.
    ///
    /// # Errors
    /// What `take` and `read(2)` say.
    pub fn copy(self, mut take: impl FnMut(&[u8]) -> nix::Result<()>) -> nix::Result<bool> {
        let (file, mut left) = match self {
            Self::Bytes(bytes) => return take(&bytes).map(|()| true),
            Self::File(file, size) => (file, size),
        };
        let mut buffer = [0; 64 << 10];
        while left > 0 {
            let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            match retry(|| read(&file, &mut buffer[..most]))? {
                0 => return Ok(false),
                n => {
                    take(&buffer[..n])?;
                    left -= n as u64;
                }
            }
        }
        Ok(true)
    }
}

fn kind(mode: libc::mode_t) -> SFlag {
    SFlag::from_bits_truncate(mode) & SFlag::S_IFMT
}

/// Reads to the end, or until there are `most` bytes.
fn read_at_most(from: impl AsFd, most: usize) -> nix::Result<Vec<u8>> {
    let mut bytes = vec![0; most];
    let mut filled = 0;
    while filled < most {
        match retry(|| read(from.as_fd(), &mut bytes[filled..]))? {
            0 => break,
            n => filled += n,
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}
// END SOLUTION
