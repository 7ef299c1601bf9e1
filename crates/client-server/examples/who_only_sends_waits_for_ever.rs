//! Claim: a client that sends all its requests before it reads an answer can wait for ever, and its server with it.
//!
//! The server sleeps in send, because the client reads no answers. The client sleeps in send, because the server
//! reads no requests. With few requests it works: both fit into the buffers. A deadlock of two processes, each of
//! them innocent.
//!
//! Usage: cargo run -q -p client-server --example who_only_sends_waits_for_ever
//! See also: `send(2)`, and the example a_client_that_does_not_read_stops_only_itself

use anyhow::Result;
use client_server::asleep::{self, Call};
use client_server::background::{Background, Kind};
use client_server::{address::Address, book::Book, connect, listen, stream};

fn main() -> Result<()> {
    let listener = listen::stream(&Address::Abstract(format!("ipc-labs-sends-{}", std::process::id())))?;
    let address = listen::local_address(&listener)?;
    let server = Background::server(Kind::Sequential, listener, Book::with(&[("long", &"x".repeat(500))]))?;

    println!("10 requests: {} answers", sends_then_reads(&address, 10)?);
    let client = Background::run(|| sends_then_reads(&address, 1_000_000).map(drop))?;
    asleep::until(server.pid(), Call::Send)?; // It wakes up when the client reads.
    asleep::until(client.pid(), Call::Send)?; // It wakes up when the server reads.
    println!("1000000 requests: the server sleeps in send, the client sleeps in send");
    drop(client);
    println!("the client is killed; 10 requests of another: {} answers", sends_then_reads(&address, 10)?);
    Ok(())
}

fn sends_then_reads(address: &Address, requests: usize) -> Result<usize> {
    let server = connect::stream(address)?;
    stream::send_all(&server, "get long\n".repeat(requests).as_bytes())?;
    stream::finish_sending(&server)?;
    let answers = stream::receive_all(&server)?;
    Ok(answers.iter().filter(|byte| **byte == b'\n').count())
}
