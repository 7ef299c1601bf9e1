//! Claim: a stream socket carries bytes, not messages: three sends may be two receives, cut anywhere.
//!
//! The same is true of TCP, where the network cuts as well. Who needs messages marks their ends: see the example
//! a_line_may_come_in_pieces.
//!
//! Usage: cargo run -q -p client-server --example a_stream_keeps_no_boundaries
//! See also: `socket(2)` (SOCK_STREAM), `recv(2)`

use anyhow::Result;
use client_server::{connect, stream};
use nix::sys::socket::SockType;

fn main() -> Result<()> {
    let (left, right) = connect::pair(SockType::Stream)?;
    for message in ["one", "two", "three"] {
        stream::send_all(&left, message.as_bytes())?;
        println!("send {message:?}");
    }
    println!("receive at most 4: {}", stream::receive_now(&right, 4));
    println!("receive at most 100: {}", stream::receive_now(&right, 100));
    drop(left);
    println!("the peer has closed: {}", stream::receive_now(&right, 100));
    Ok(())
}
