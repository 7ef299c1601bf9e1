//! Claim: a blocking send into a full socket sleeps until the receiver makes room: backpressure, without any code.
//!
//! That is the default. The kernel stops the process when what it asks for cannot be done yet, and wakes it when it
//! can.
//!
//! Usage: cargo run -q -p client-server --example a_full_socket_stops_the_sender
//! See also: `send(2)`, `socket(7)`

use anyhow::Result;
use client_server::asleep::{self, Call};
use client_server::{background::Background, connect, stream};
use nix::sys::socket::SockType;

const TOTAL: usize = 4 << 20;

fn main() -> Result<()> {
    let (ours, theirs) = connect::pair(SockType::Stream)?;
    let sender = Background::run(move || Ok(stream::send_all(&theirs, &vec![b'x'; TOTAL])?))?;
    asleep::until(sender.pid(), Call::Send)?;
    println!("the sender of {TOTAL} bytes sleeps in send");
    println!("received until its end: {} bytes", stream::receive_all(&ours)?.len());
    println!("sender: exit code {}", sender.wait()?);
    Ok(())
}
