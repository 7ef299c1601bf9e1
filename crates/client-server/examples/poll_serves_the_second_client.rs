//! Claim: a server that waits for all clients in one call works for some of them while others are idle.
//!
//! The same service, the same two clients, and a third that has sent half a request. The server sleeps in poll: not for
//! one of them, but for any.
//!
//! Usage: cargo run -q -p client-server --example poll_serves_the_second_client
//! See also: `poll(2)`, `poll.rs`, and the example the_second_client_waits_for_the_first

use anyhow::Result;
use client_server::asleep::{self, Call};
use client_server::background::{self, Kind};
use client_server::{book::Book, connect, stream};

fn main() -> Result<()> {
    let (server, address) = background::start(Kind::Poll, Book::with(&[("cherry", "red")]))?;
    let _silent = connect::stream(&address)?;
    println!("client 1: connected, and silent");
    let slow = connect::stream(&address)?;
    stream::send_all(&slow, b"get che")?;
    println!("client 2: connected, and has sent half a request");
    asleep::until(server.pid(), Call::Poll)?;
    println!("the server sleeps in poll, for anybody");

    let third = connect::stream(&address)?;
    stream::send_all(&third, b"get cherry\n")?;
    println!("client 3's answer: {}", stream::receive_line(&third)?);
    stream::send_all(&slow, b"rry\n")?;
    println!("client 2 sends the other half; its answer: {}", stream::receive_line(&slow)?);
    Ok(())
}
