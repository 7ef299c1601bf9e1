//! Claim: poll cures the deadlock of two full pipes: write where there is room, read where there is data, wait for both.
//!
//! The same as in two_full_pipes_are_a_deadlock, with a megabyte each way. It is enough that *one* of the two does so:
//! Bob still sends everything first.
//!
//! Usage: cargo run -q -p producer-consumer --example poll_serves_both_directions
//! See also: `poll(2)`, `both_ways.rs`

use anyhow::{Context, Result};
use producer_consumer::{both_ways, buffer, process};

const BYTES: usize = 1 << 20;

fn main() -> Result<()> {
    let (to_ann, from_bob) = ipc_kit::pipe().context("make a pipe")?;
    let (to_bob, from_ann) = ipc_kit::pipe().context("make a pipe")?;
    let bob = process::child(|| {
        process::close_copy(&from_ann)?;
        ipc_kit::write_all(&from_bob, &vec![b'b'; BYTES]).context("send")?;
        let received = ipc_kit::read_to_end(&to_bob).context("receive")?;
        println!("Bob sent all, then received {} bytes", received.len());
        Ok(())
    })?;
    drop((from_bob, to_bob));

    buffer::set_nonblocking(&from_ann)?;
    let received = both_ways::exchange(from_ann, &vec![b'a'; BYTES], &to_ann)?;
    process::join(bob)?;
    println!("Ann sent and received at the same time: {} bytes", received.len());
    Ok(())
}
