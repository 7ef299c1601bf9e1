//! Claim: send may take a part of the bytes, and says how many; the rest is still ours to send.
//!
//! With a non-blocking socket this is the normal case, not an error. Who ignores the number loses the rest, and the
//! stream goes on in the middle of something else.
//!
//! Usage: cargo run -q -p client-server --example a_send_may_take_a_part
//! See also: `send(2)` (RETURN VALUE), `write(2)`

use anyhow::{Context, Result, ensure};
use client_server::{connect, stream};
use nix::sys::socket::{MsgFlags, SockType, send};
use std::os::fd::AsRawFd;

fn main() -> Result<()> {
    let (left, right) = connect::pair(SockType::Stream)?;
    let bytes: Vec<u8> = (0..4 << 20).map(|number: u32| number as u8).collect();
    let taken = send(left.as_raw_fd(), &bytes, MsgFlags::MSG_DONTWAIT).context("send")?;
    println!("asked to send {} bytes; it took a part: {}", bytes.len(), taken > 0 && taken < bytes.len());

    let mut received = Vec::new();
    let (mut sent, mut part) = (taken, [0; 65_536]);
    while received.len() < bytes.len() {
        let count = stream::receive(&right, &mut part)?;
        received.extend_from_slice(&part[..count]);
        // There is room now: the rest goes on where the last send stopped.
        if sent < bytes.len() {
            sent +=
                send(left.as_raw_fd(), &bytes[sent..], MsgFlags::MSG_DONTWAIT).context("send the rest")?;
        }
    }
    ensure!(sent == bytes.len(), "each byte is sent once");
    println!("the rest sent part by part; received as sent: {}", received == bytes);
    Ok(())
}
