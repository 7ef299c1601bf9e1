//! Claim: close gives back one descriptor; the peer sees the end only when the last copy is closed. shutdown ends the
//! direction itself, whoever else has a copy.
//!
//! A forked child has copies of every connection. A server that forks and forgets to close them leaves its clients
//! waiting for an end that does not come.
//!
//! Usage: cargo run -q -p client-server --example shutdown_works_for_every_copy
//! See also: `close(2)`, `shutdown(2)`, `fork(2)`

use anyhow::Result;
use client_server::asleep::{self, Call};
use client_server::{background::Background, connect, stream};
use nix::sys::socket::SockType;

fn main() -> Result<()> {
    let (client, server) = connect::pair(SockType::Stream)?;
    let (gate, child_end) = connect::pair(SockType::Stream)?;
    // The child uses neither end of the connection; it only has copies, as each forked child has.
    let child = Background::run(|| Ok(stream::receive(&child_end, &mut [0]).map(drop)?))?;
    asleep::until(child.pid(), Call::Receive)?;

    let copy = server.try_clone()?;
    drop(server);
    println!("server's end closed here, two copies left: {}", stream::receive_now(&client, 100));
    drop(copy);
    println!("one copy left, in the child: {}", stream::receive_now(&client, 100));
    stream::send_all(&gate, b"!")?;
    child.wait()?;
    println!("the child has ended: {}", stream::receive_now(&client, 100));

    let (client, server) = connect::pair(SockType::Stream)?;
    let _copy = server.try_clone()?;
    stream::finish_sending(&server)?;
    println!("shutdown, two copies left: {}", stream::receive_now(&client, 100));
    Ok(())
}
