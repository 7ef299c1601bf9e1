//! Claim: connect succeeds before accept: the caller stands in a queue (the backlog), and may already talk.
//!
//! "Both parties must be there at the same time" is true of a connection only as far as the *kernel* of the server must
//! be there. Here one process is both, one after the other: the client has come, spoken and gone before accept.
//!
//! Usage: cargo run -q -p client-server --example connect_succeeds_before_accept
//! See also: `listen(2)` (backlog), `connect(2)`

use anyhow::Result;
use client_server::{connect, listen, stream};

fn main() -> Result<()> {
    let door = listen::stream(&"127.0.0.1:0".parse()?)?;
    let client = connect::stream(&listen::local_address(&door)?)?;
    println!("connect: success, and nobody has called accept");
    stream::send_all(&client, b"hello, anybody?")?;
    println!("send: success");
    drop(client);
    println!("the client hangs up");

    let end = listen::accept(&door)?;
    println!("accept: success");
    println!("received: {:?}", String::from_utf8_lossy(&stream::receive_all(&end)?));
    Ok(())
}
