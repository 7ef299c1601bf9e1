// BEGIN SOLUTION
//! What filed and its helpers say to each other, over a stream: an order, then a report, then the body.

use std::os::fd::{AsFd, BorrowedFd};

use nix::errno::Errno;
use nix::unistd::read;

use ipc_kit::retry;

use crate::answer::Refusal;
use crate::pass::send_with;

/// What a helper shall do with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Read it, if it has no more than so many bytes.
    Bytes {
        /// The most bytes.
        limit: u64,
    },
    /// Pass it, open.
    Descriptor,
}

/// The length of an order without its name: limit, name's length. A limit of `u64::MAX` stands for the descriptor.
const ORDER: usize = 12;
/// The length of a report: what it is, and the size of the body.
pub const REPORT: usize = 9;
/// What a helper may refuse; their places, from 1, are the first byte of a report.
const REFUSALS: [Refusal; 4] = [Refusal::Forbidden, Refusal::NotFound, Refusal::TooLong, Refusal::Failed];

/// The bytes of an order.
#[must_use]
pub fn order(wanted: Wanted, name: &[u8]) -> Vec<u8> {
    let limit = match wanted {
        Wanted::Bytes { limit } => limit.min(u64::MAX - 1),
        Wanted::Descriptor => u64::MAX,
    };
    // A name is a part of a line.
    let length = u32::try_from(name.len()).unwrap_or(u32::MAX);
    [&limit.to_le_bytes()[..], &length.to_le_bytes(), name].concat()
}

/// Waits for an order; `None` at the end of the input.
///
/// # Errors
/// What `read(2)` says.
pub fn read_order(from: impl AsFd) -> nix::Result<Option<(Wanted, Vec<u8>)>> {
    let Some(head) = read_exactly(&from, ORDER)? else { return Ok(None) };
    let limit = u64::from_le_bytes(head[..8].try_into().map_err(|_| Errno::EPROTO)?);
    let length = u32::from_le_bytes(head[8..].try_into().map_err(|_| Errno::EPROTO)?);
    let wanted = if limit == u64::MAX { Wanted::Descriptor } else { Wanted::Bytes { limit } };
    let name = read_exactly(from, usize::try_from(length).map_err(|_| Errno::EPROTO)?)?;
    Ok(name.map(|name| (wanted, name)))
}

/// Sends a report: the size of the body that follows, or a refusal.
///
/// # Errors
/// `EPIPE` if filed is gone.
pub fn report(
    to: impl AsFd,
    result: Result<u64, Refusal>,
    descriptor: Option<BorrowedFd<'_>>,
) -> nix::Result<()> {
    let place = |refusal| REFUSALS.iter().position(|&known| known == refusal).map_or(4, |place| place + 1);
    let (first, size) = match result {
        Ok(size) => (0, size),
        Err(refusal) => (place(refusal) as u8, 0),
    };
    let mut bytes = [0; REPORT];
    bytes[0] = first;
    bytes[1..].copy_from_slice(&size.to_le_bytes());
    let n = send_with(&to, &bytes, descriptor)?;
    ipc_kit::write_all(to, &bytes[n..])
}

/// Reads what [`report`] sent.
///
/// # Errors
/// Why the helper will not do it.
pub fn read_report(bytes: [u8; REPORT]) -> Result<u64, Refusal> {
    let [first, size @ ..] = bytes;
    match first.checked_sub(1) {
        None => Ok(u64::from_le_bytes(size)),
        Some(place) => Err(REFUSALS.get(usize::from(place)).copied().unwrap_or(Refusal::Failed)),
    }
}

/// Exactly `n` bytes; `None` if the input ends before.
fn read_exactly(from: impl AsFd, n: usize) -> nix::Result<Option<Vec<u8>>> {
    let mut bytes = vec![0; n];
    let mut filled = 0;
    while filled < n {
        match retry(|| read(from.as_fd(), &mut bytes[filled..]))? {
            0 => return Ok(None),
            more => filled += more,
        }
    }
    Ok(Some(bytes))
}
// END SOLUTION
