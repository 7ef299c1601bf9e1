//! Claim: a datagram waits in its receiver's queue: the sender may be gone when it is read.
//!
//! What must exist is the receiver's *socket*. Without one there is nowhere to wait: on the same machine, the sender is
//! told so. The message is in the kernel's memory: it dies with the receiver's socket.
//!
//! Usage: cargo run -q -p client-server --example a_datagram_waits_in_a_queue
//! See also: `unix(7)`, `udp(7)`, `send(2)`

use anyhow::{Context, Result};
use client_server::{address::Address, connect, listen, stream};
use nix::sys::socket::SockType;

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    let letterbox = Address::Path(folder.path().join("letterbox"));
    let nobody = connect::connect(&letterbox, SockType::Datagram).expect_err("nothing is there yet");
    println!("no receiver yet: {}", nobody.root_cause());

    let receiver = listen::bound(&letterbox, SockType::Datagram)?;
    let sender = connect::connect(&letterbox, SockType::Datagram)?;
    stream::send_all(&sender, b"one")?;
    stream::send_all(&sender, b"two")?;
    drop(sender);
    println!("two messages sent, and the sender is gone");
    println!("received {}", stream::receive_now(&receiver, 100));

    let sender = connect::connect(&letterbox, SockType::Datagram)?;
    drop(receiver);
    println!("the receiver is gone, and \"two\" with it");
    println!("send: {}", stream::send_all(&sender, b"three").expect_err("nobody can receive"));
    Ok(())
}
