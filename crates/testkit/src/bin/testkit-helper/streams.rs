//! Bytes in and out, by plain read(2) and write(2): `spew`, `slurp`, `drip`, `hash`.

#![allow(unsafe_code, reason = "descriptors 0 and 1 are used by their numbers")]

use std::os::fd::{BorrowedFd, RawFd};

use anyhow::{Context, Result};
use testkit::helpers::SpewLines;

use crate::retry;

fn descriptor(fd: RawFd) -> BorrowedFd<'static> {
    // SAFETY: used for 0, 1 and 2 only, which this program never closes; a closed one gives EBADF.
    unsafe { BorrowedFd::borrow_raw(fd) }
}

fn read(bytes: &mut [u8]) -> Result<usize> {
    retry(|| nix::unistd::read(descriptor(0), bytes)).context("read stdin")
}

pub(crate) fn write_all(fd: RawFd, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        let n = retry(|| nix::unistd::write(descriptor(fd), bytes)).context("write")?;
        bytes = &bytes[n..];
    }
    Ok(())
}

pub(crate) fn spew(n: usize) -> Result<()> {
    // In pieces: memory stays small for any n.
    const PIECE: usize = 64 << 10;
    let mut lines = SpewLines::default();
    let mut left = n;
    while left > 0 {
        let piece = lines.take(left.min(PIECE));
        left -= piece.len();
        write_all(1, &piece)?;
    }
    Ok(())
}

pub(crate) fn slurp(n: usize) -> Result<i32> {
    let mut buffer = vec![0; 64 << 10];
    let mut left = n;
    while left > 0 {
        let most = left.min(buffer.len());
        let n = read(&mut buffer[..most])?;
        if n == 0 {
            return Ok(1);
        }
        left -= n;
    }
    Ok(0)
}

pub(crate) fn drip() -> Result<()> {
    let mut byte = [0];
    while read(&mut byte)? == 1 {
        write_all(1, &byte)?;
    }
    Ok(())
}

pub(crate) fn hash() -> Result<()> {
    let mut buffer = vec![0; 64 << 10];
    let (mut length, mut hash) = (0, 0xcbf2_9ce4_8422_2325_u64);
    loop {
        let n = read(&mut buffer)?;
        if n == 0 {
            return write_all(1, format!("{length} {hash:016x}\n").as_bytes());
        }
        length += n;
        // FNV-1a.
        for &byte in &buffer[..n] {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
}
