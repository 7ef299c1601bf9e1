//! Claim: recv waits for send: passing a message also says *when*. The data transfer is the synchronisation.
//!
//! No flag and no signal tells the receiver to go on. It sleeps inside recv, and uses no processor time.
//!
//! Usage: cargo run -q -p client-server --example recv_waits_for_send
//! See also: `recv(2)`, `socketpair(2)`

use anyhow::Result;
use client_server::asleep::{self, Call};
use client_server::{background::Background, connect, stream};
use nix::sys::socket::SockType;

fn main() -> Result<()> {
    let (ours, theirs) = connect::pair(SockType::Stream)?;
    let receiver = Background::run(|| {
        let line = stream::receive_line(&theirs)?;
        Ok(stream::send_all(&theirs, format!("received {line:?}\n").as_bytes())?)
    })?;

    asleep::until(receiver.pid(), Call::Receive)?;
    println!("nothing sent: the receiver sleeps in recv");
    stream::send_all(&ours, b"go on\n")?;
    println!("one line sent: the receiver says: {}", stream::receive_line(&ours)?);
    println!("receiver: exit code {}", receiver.wait()?);
    Ok(())
}
