//! Claim: a lock around the write keeps records of any length whole, also when a writer is stopped half-way.
//!
//! The same scene as in one_cut_record_spoils_the_stream. The second writer asks for the lock, and waits for it until
//! the first has written all. It works only if *every* writer asks.
//!
//! Usage: cargo run -q -p producer-consumer --example a_lock_keeps_long_records_whole
//! See also: `flock(2)`, `lock.rs`

use anyhow::{Context, Result};
use producer_consumer::{asleep, buffer, framing, lock, process};

fn main() -> Result<()> {
    let file = tempfile::NamedTempFile::new().context("make a file for the lock")?;
    let (reader, writer) = buffer::bounded(1)?;
    let long = process::child(|| lock::write_locked(&writer, &framing::frame(&[b'A'; 6000])?, file.path()))?;
    asleep::until_asleep(long)?; // The pipe is full, 1908 bytes wait.
    process::stop(long)?;
    let short = process::child(|| lock::write_locked(&writer, &framing::frame(b"short")?, file.path()))?;
    asleep::until_asleep(short)?;
    println!("the long writer is stopped half-way, the short one waits for the lock");
    drop(writer);
    process::go_on(long)?;

    while let Some(record) = framing::read_record(&reader)? {
        println!("received: a whole record of {} bytes", record.len());
    }
    process::join(long)?;
    process::join(short)
}
