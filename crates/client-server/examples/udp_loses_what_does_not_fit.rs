//! Claim: UDP drops what does not fit and tells nobody; a Unix datagram socket lets the sender wait instead.
//!
//! So backpressure is a property of the kind of socket, and of datagrams only where the kernel sees both ends. Over UDP
//! the program itself must count, confirm and send again.
//!
//! Usage: cargo run -q -p client-server --example udp_loses_what_does_not_fit
//! See also: `udp(7)`, `unix(7)`, `socket(7)` (SO_RCVBUF)

use anyhow::{Context, Result};
use client_server::stream::{Received, fill, receive_now, send_all};
use client_server::{connect, listen};
use nix::sys::socket::{SockType, setsockopt, sockopt};

const MESSAGES: usize = 1000;

fn main() -> Result<()> {
    let receiver = listen::bound(&"127.0.0.1:0".parse()?, SockType::Datagram)?;
    setsockopt(&receiver, sockopt::RcvBuf, &4096).context("make the receiver's buffer small")?;
    let sender = connect::connect(&listen::local_address(&receiver)?, SockType::Datagram)?;
    for _ in 0..MESSAGES {
        send_all(&sender, &[b'x'; 100])?;
    }
    println!("UDP: {MESSAGES} messages sent, each send a success");

    let mut received = 0;
    // The network may still carry some. A mark that arrives comes after them: there is room again, sooner or later.
    loop {
        send_all(&sender, b"mark")?;
        match receive_now(&receiver, 100) {
            Received::Bytes(bytes) if bytes == b"mark" => break,
            Received::Bytes(_) => received += 1,
            Received::WouldWait => std::thread::yield_now(),
            other => anyhow::bail!("receive: {other}"),
        }
    }
    println!("UDP: some arrived: {}, some were lost: {}", received > 0, received < MESSAGES);

    let (left, right) = connect::pair(SockType::Datagram)?;
    let sent = fill(&left, b"x", 0)?;
    println!("Unix: full after some messages, then EAGAIN: {}", sent > 0 && sent < MESSAGES * 1000);
    let arrived =
        std::iter::from_fn(|| Some(receive_now(&right, 100))).take_while(|got| *got != Received::WouldWait);
    println!("Unix: all of them arrived: {}", arrived.count() == sent);
    Ok(())
}
