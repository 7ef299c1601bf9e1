//! Claim: client and server have different parts: the server waits for anybody, the client knows whom it calls.
//!
//! The client connects, asks, gets an answer to each request in order, and hangs up. It needs no name of its own. The
//! server here is the sequential one, in a process of its own.
//!
//! Usage: cargo run -q -p client-server --example a_client_calls_asks_and_hangs_up
//! See also: `socket(2)`, `connect(2)`, `accept(2)`

use anyhow::Result;
use client_server::asleep::{self, Call};
use client_server::background::{self, Kind};
use client_server::{book::Book, connect, stream};

fn main() -> Result<()> {
    let (server, address) = background::start(Kind::Sequential, Book::with(&[("cherry", "red")]))?;
    asleep::until(server.pid(), Call::Accept)?;
    println!("the server sleeps in accept");

    let connection = connect::stream(&address)?;
    for request in ["get cherry", "get plum", "put plum blue", "get plum", "bye"] {
        stream::send_all(&connection, format!("{request}\n").as_bytes())?;
        println!("{request}: {}", stream::receive_line(&connection)?);
    }
    println!("after bye: {} more bytes, the end", stream::receive_all(&connection)?.len());

    asleep::until(server.pid(), Call::Accept)?;
    println!("the server sleeps in accept again");
    Ok(())
}
