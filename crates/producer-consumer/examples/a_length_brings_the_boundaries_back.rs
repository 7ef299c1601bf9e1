//! Claim: with its length before each record, a reader finds the same records again, however the bytes arrive.
//!
//! A process in the middle passes on one byte at a time, which is the worst that a pipe may do. The records have
//! newlines, zero bytes, no bytes at all, and more bytes than a pipe writes whole.
//!
//! Usage: cargo run -q -p producer-consumer --example a_length_brings_the_boundaries_back
//! See also: `framing.rs`

use anyhow::{Context, Result};
use producer_consumer::{framing, process};
use std::os::fd::OwnedFd;

fn main() -> Result<()> {
    let records: [&[u8]; 4] = [b"two\nlines", b"\0\0\0", b"", &[b'x'; 5000]];
    let (first_out, first_in) = ipc_kit::pipe().context("make a pipe")?;
    let (second_out, second_in) = ipc_kit::pipe().context("make a pipe")?;
    let middle = process::child(|| {
        process::close_copy(&first_in)?;
        drip(&first_out, &second_in)
    })?;
    drop((first_out, second_in));

    records.iter().try_for_each(|record| framing::write_record(&first_in, record))?;
    drop(first_in);
    let mut number = 0;
    while let Some(record) = framing::read_record(&second_out)? {
        println!("record {number}: {} bytes, as sent: {}", record.len(), record == records[number]);
        number += 1;
    }
    process::join(middle)
}

fn drip(from: &OwnedFd, to: &OwnedFd) -> Result<()> {
    let mut byte = [0];
    while framing::fill(from, &mut byte)? {
        ipc_kit::write_all(to, &byte).context("pass a byte on")?;
    }
    Ok(())
}
