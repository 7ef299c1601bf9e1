//! Claim: seqpacket has both: a connection with an end, like a stream, and messages with boundaries, like datagrams.
//!
//! On Unix sockets only: TCP is a stream and UDP has no connection. A message must fit into the buffer as a whole,
//! and an empty one looks like the end.
//!
//! Usage: cargo run -q -p client-server --example seqpacket_is_a_connection_with_boundaries
//! See also: `unix(7)` (SOCK_SEQPACKET), `send(2)` (EMSGSIZE)

use anyhow::{Context, Result};
use client_server::{address::Address, connect, listen, stream};
use nix::sys::socket::{Backlog, SockType};

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    let address = Address::Path(folder.path().join("door"));
    let door = listen::listen(&address, SockType::SeqPacket, Backlog::MAXCONN)?;
    let client = connect::connect(&address, SockType::SeqPacket)?;
    let end = listen::accept(&door)?;

    stream::send_all(&client, b"one")?;
    stream::send_all(&client, b"two")?;
    println!("a message: {}", stream::receive_now(&end, 100));
    println!("a message: {}", stream::receive_now(&end, 100));
    let huge = stream::send_all(&client, &vec![b'x'; 64 << 20]).expect_err("no buffer has 64 MiB");
    println!("a message of 64 MiB: {huge}");
    drop(client);
    println!("the peer has closed: {}", stream::receive_now(&end, 100));

    let tcp = listen::make(&"127.0.0.1:0".parse()?, SockType::SeqPacket).expect_err("TCP is a stream");
    println!("seqpacket on IPv4: {}", tcp.root_cause());
    Ok(())
}
