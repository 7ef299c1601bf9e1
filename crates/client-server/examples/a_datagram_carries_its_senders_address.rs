//! Claim: a datagram carries its sender's address, and that is all a server needs to answer; a sender without one
//! cannot be answered.
//!
//! No connection, no accept: one socket serves everybody. On the internet the kernel gives every sender a port. A Unix
//! sender has a name only if it called bind.
//!
//! Usage: cargo run -q -p client-server --example a_datagram_carries_its_senders_address
//! See also: `recvfrom(2)`, `sendto(2)`, `unix(7)`

use anyhow::{Context, Result};
use client_server::{address::Address, connect, listen, stream};
use nix::sys::socket::{MsgFlags, SockType, SockaddrStorage, recvfrom, sendto};
use std::os::fd::{AsRawFd, OwnedFd};

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    let name = Address::Path(folder.path().join("server"));
    let server = listen::bound(&name, SockType::Datagram)?;

    let named = listen::bound(&Address::Path(folder.path().join("client")), SockType::Datagram)?;
    connect::connect_to(&named, &name)?;
    stream::send_all(&named, b"ping")?;
    println!("from a client with a name: {}", answer(&server)?);
    println!("    it receives {}", stream::receive_now(&named, 100));

    let unnamed = connect::connect(&name, SockType::Datagram)?;
    stream::send_all(&unnamed, b"ping")?;
    println!("from a client without: {}", answer(&server)?);
    println!("    it receives {}", stream::receive_now(&unnamed, 100));
    Ok(())
}

/// Receives a datagram and answers to where it came from.
fn answer(server: &OwnedFd) -> Result<&'static str> {
    let mut bytes = [0; 100];
    let (_, from) =
        recvfrom::<SockaddrStorage>(server.as_raw_fd(), &mut bytes).context("receive a request")?;
    match from.map(|from| Address::from_kernel(&from)).transpose()? {
        None | Some(Address::Unnamed) => Ok("no address, no answer"),
        Some(client) => {
            sendto(server.as_raw_fd(), b"pong", &*client.to_kernel()?, MsgFlags::MSG_DONTWAIT)
                .context("answer")?;
            Ok("answered")
        }
    }
}
