//! Claim: a message is sent by value: write copies it into the kernel, read copies it out. Nobody sees later changes.
//!
//! The sender changes its variable after the send. The receiver changes what it got. There are three copies, and each
//! belongs to one of sender, kernel and receiver.
//!
//! Usage: cargo run -q -p producer-consumer --example a_send_copies_the_message
//! See also: `write(2)`, `read(2)`

use anyhow::{Context, Result};
use producer_consumer::{framing, process};

fn main() -> Result<()> {
    let (there_out, there_in) = ipc_kit::pipe().context("make a pipe")?;
    let (back_out, back_in) = ipc_kit::pipe().context("make a pipe back")?;
    let receiver = process::child(|| {
        let mut message = framing::read_record(&there_out)?.context("a message comes")?;
        framing::write_record(&back_in, &message)?;
        message.make_ascii_uppercase();
        framing::write_record(&back_in, &message)?;
        Ok(())
    })?;

    let mut message = *b"tea, please";
    framing::write_record(&there_in, &message)?;
    message[..3].copy_from_slice(b"ink");
    for who in ["the receiver got", "the receiver has now"] {
        let copy = framing::read_record(&back_out)?.context("the receiver tells")?;
        println!("{who}: {}", String::from_utf8_lossy(&copy));
    }
    println!("the sender has now: {}", String::from_utf8_lossy(&message));
    process::join(receiver)
}
