//! Claim: a server that serves one client at a time lets a silent client stop all others.
//!
//! The second client has done everything right. It is connected (by the kernel), its request lies in the server's
//! kernel, and the server sleeps in recv for the first one. Nothing is broken, and nothing moves.
//!
//! Usage: cargo run -q -p client-server --example the_second_client_waits_for_the_first
//! See also: `sequential.rs`, and the example poll_serves_the_second_client

use anyhow::Result;
use client_server::asleep::{self, Call};
use client_server::background::{self, Kind};
use client_server::{book::Book, connect, stream};

fn main() -> Result<()> {
    let (server, address) = background::start(Kind::Sequential, Book::with(&[("cherry", "red")]))?;
    let silent = connect::stream(&address)?;
    println!("client 1: connected, and silent");
    asleep::until(server.pid(), Call::Receive)?;
    println!("the server sleeps in recv, for client 1");

    let second = connect::stream(&address)?;
    stream::send_all(&second, b"get cherry\n")?;
    println!("client 2: connected, and its request is sent");
    println!("the server still sleeps in recv: {}", asleep::is_in(server.pid(), Call::Receive)?);
    println!("client 2's answer: {}", stream::receive_now(&second, 100));

    drop(silent);
    println!("client 1 hangs up");
    println!("client 2's answer: {}", stream::receive_line(&second)?);
    Ok(())
}
