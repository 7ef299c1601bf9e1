//! Claim: flock belongs to the open file. Processes that inherited one descriptor all "have" the lock.
//!
//! The parent takes the lock. A child asks for it by the descriptor that it inherited, and gets it at once: it is the
//! same open file, which has the lock already. A child that opens the file itself is refused.
//!
//! Usage: cargo run -q -p producer-consumer --example an_inherited_lock_excludes_nobody
//! See also: `flock(2)`, `open(2)` (open file description)

use anyhow::{Context, Result};
use producer_consumer::{lock, process};
use std::fs::File;

fn main() -> Result<()> {
    let (file, path) = tempfile::NamedTempFile::new().context("make a file for the lock")?.into_parts();
    let inherited = file.try_clone().context("copy the descriptor, as fork does")?;
    let _held = lock::wait_for(file)?;
    println!("the parent holds the lock");

    let by_inheritance = process::child(|| {
        println!("a child with the inherited descriptor gets it too: {}", lock::is_free(inherited)?);
        Ok(())
    })?;
    process::join(by_inheritance)?;
    let by_itself = process::child(|| {
        let own = File::open(&path).context("open the file")?;
        println!("a child that opened the file itself gets it: {}", lock::is_free(own)?);
        Ok(())
    })?;
    process::join(by_itself)
}
