//! Claim: a write to a pipe without a reader is SIGPIPE or EPIPE. A store in shared memory without a reader is a
//! store like any other: the writer fills the slot, then sleeps for ever.
//!
//! That the reader is gone must be stored by the reader. A reader that is killed stores nothing: then somebody must
//! look whether it still lives. How, without being fooled by a reused process number, the lab asks.
//!
//! Usage: cargo run -q -p shm-ring --example nobody_says_that_the_reader_is_gone
//! See also: `mailbox.rs`, `pipe(7)` (SIGPIPE)

use anyhow::{Context, Result};
use shm_ring::asleep;
use shm_ring::child::Child;
use shm_ring::mailbox::{self, Mailbox};
use shm_ring::map::{Mapping, Sharing};

fn main() -> Result<()> {
    let (read, write) = ipc_kit::pipe().context("make a pipe")?;
    drop(read);
    let refused = ipc_kit::write_all(&write, b"1").expect_err("nobody reads");
    println!("pipe without a reader: {refused}");

    for closes in [false, true] {
        let memory = Mapping::anonymous(mailbox::LENGTH, Sharing::Shared)?;
        let mailbox = Mailbox::at(&memory);
        let reader = Child::start(|| if closes { mailbox.close_reading() } else { Ok(()) })?;
        let how = if closes { "has closed and ended" } else { "has ended" };
        println!("mailbox: the reader {how}, with {}", reader.end()?);
        println!("    put 1: {:?}", mailbox.try_put(1)?);
        let writer = Child::start(|| {
            println!("    put 2: {:?}", mailbox.put(2)?);
            Ok(())
        })?;
        if closes {
            writer.end()?;
        } else {
            asleep::until(writer.pid())?;
            println!("    put 2: sleeps, and nobody is left who could wake it");
            writer.kill()?;
        }
    }
    Ok(())
}
