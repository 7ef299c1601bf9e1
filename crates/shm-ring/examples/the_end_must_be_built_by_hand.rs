//! Claim: when the writer of a pipe ends, however it ends, its reader gets the end of file. In shared memory nothing
//! happens: the reader sleeps for ever, unless the writer has stored that it is done.
//!
//! The kernel closes descriptors of dead processes, and a pipe is made of descriptors. It knows nothing of your
//! words.
//!
//! Usage: cargo run -q -p shm-ring --example the_end_must_be_built_by_hand
//! See also: `mailbox.rs`, `pipe(7)`, `futex(2)`

use anyhow::{Context, Result};
use shm_ring::asleep;
use shm_ring::child::Child;
use shm_ring::mailbox::{self, Mailbox};
use shm_ring::map::{Mapping, Sharing};

fn main() -> Result<()> {
    let (read, write) = ipc_kit::pipe().context("make a pipe")?;
    let writer = Child::start(|| ipc_kit::write_all(&write, b"1").context("write"))?;
    drop(write);
    println!("pipe: writer ends with {}", writer.end()?);
    println!("    reader: {} byte, then the end", ipc_kit::read_to_end(&read).context("read")?.len());

    for closes in [false, true] {
        let memory = Mapping::anonymous(mailbox::LENGTH, Sharing::Shared)?;
        let mailbox = Mailbox::at(&memory);
        let writer = Child::start(|| {
            mailbox.put(1)?;
            if closes { mailbox.close_writing() } else { Ok(()) }
        })?;
        let how = if closes { "closes" } else { "does not close" };
        println!("mailbox: writer {how}, ends with {}", writer.end()?);
        let reader = Child::start(|| {
            println!("    reader: {:?}", mailbox.take()?);
            println!("    reader: {:?}", mailbox.take()?);
            Ok(())
        })?;
        if closes {
            reader.end()?;
        } else {
            asleep::until(reader.pid())?;
            println!("    reader: sleeps, and nobody is left who could wake it");
            reader.kill()?;
        }
    }
    Ok(())
}
