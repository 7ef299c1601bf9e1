//! Claim: a datagram is received whole or cut, never joined: one send, one receive; and what is cut off is lost.
//!
//! MSG_TRUNC asks for the true length, so that a cut can be seen. A datagram may be empty, so 0 bytes are not the end:
//! there is no end, because there is no connection.
//!
//! Usage: cargo run -q -p client-server --example a_datagram_keeps_its_boundaries
//! See also: `socket(2)` (SOCK_DGRAM), `recv(2)` (MSG_TRUNC)

use anyhow::{Context, Result};
use client_server::connect;
use nix::sys::socket::{MsgFlags, SockType, recv, send};
use std::os::fd::{AsRawFd, OwnedFd};

fn main() -> Result<()> {
    let (left, right) = connect::pair(SockType::Datagram)?;
    for message in ["one", "two", "three", "", "four"] {
        send(left.as_raw_fd(), message.as_bytes(), MsgFlags::empty()).context("send a datagram")?;
        println!("send {message:?}");
    }
    for most in [100, 100, 2, 100, 100] {
        println!("receive at most {most}: {}", receive(&right, most)?);
    }
    Ok(())
}

fn receive(socket: &OwnedFd, most: usize) -> Result<String> {
    let mut bytes = vec![0; most];
    let length = recv(socket.as_raw_fd(), &mut bytes, MsgFlags::MSG_TRUNC | MsgFlags::MSG_DONTWAIT);
    let length = length.context("receive a datagram")?;
    let text = String::from_utf8_lossy(&bytes[..length.min(most)]).into_owned();
    Ok(if length > most { format!("{text:?}, cut: it had {length} bytes") } else { format!("{text:?}") })
}
