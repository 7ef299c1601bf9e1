//! Claim: a message synchronises: what its sender did before the send, has happened when the receiver has the message.
//!
//! The sender makes a file, then sends one byte. The receiver waits for the byte, then looks. No lock, no flag, no
//! sleep; the order of send and receive is the order of the two processes. The content of the byte does not matter.
//!
//! Usage: cargo run -q -p producer-consumer --example a_message_says_what_happened_before_it
//! See also: `pipe(7)`

use anyhow::{Context, Result};
use producer_consumer::{asleep, framing, process};

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    let file = folder.path().join("work");
    let (reader, writer) = ipc_kit::pipe().context("make a pipe")?;
    let receiver = process::child(|| {
        framing::fill(&reader, &mut [0])?;
        println!("receiver: the message is here, the work is done: {}", file.exists());
        Ok(())
    })?;

    asleep::until_asleep(receiver)?;
    println!("sender: the receiver waits, the work is done: {}", file.exists());
    std::fs::write(&file, "done").context("do the work")?;
    ipc_kit::write_all(&writer, b"!").context("send")?;
    process::join(receiver)
}
