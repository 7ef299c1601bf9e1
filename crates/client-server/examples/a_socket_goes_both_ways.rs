//! Claim: a connected socket goes both ways: one descriptor at each end, to send and to receive.
//!
//! A pipe has one direction, so a conversation needs two pipes and four descriptors. The two directions of a socket
//! are independent: each has its own buffer.
//!
//! Usage: cargo run -q -p client-server --example a_socket_goes_both_ways
//! See also: `socketpair(2)`, `unix(7)`

use anyhow::Result;
use client_server::{connect, stream};
use nix::sys::socket::SockType;

fn main() -> Result<()> {
    let (left, right) = connect::pair(SockType::Stream)?;
    stream::send_all(&left, b"from left")?;
    stream::send_all(&right, b"from right")?;
    println!("left receives {}", stream::receive_now(&left, 100));
    println!("right receives {}", stream::receive_now(&right, 100));
    println!("left again: {}", stream::receive_now(&left, 100));
    Ok(())
}
