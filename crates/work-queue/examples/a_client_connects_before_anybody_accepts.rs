//! Claim: connect succeeds and a request can be sent before the server accepts; the backlog is a queue.
//!
//! "Both parties must be there at the same time" is true of the conversation, not of its beginning. The kernel
//! completes the connection for whoever listens, and keeps what the client sends.
//!
//! Usage: cargo run -q -p work-queue --example a_client_connects_before_anybody_accepts
//! See also: `listen(2)`, `tcp(7)`

use anyhow::{Context, Result};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use work_queue::asleep;

fn main() -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("listen")?;
    let address = listener.local_addr().context("ask for the port")?;
    for name in ["first", "second"] {
        let mut client = TcpStream::connect(address).context("connect")?;
        client.write_all(name.as_bytes()).context("send")?;
        println!("{name} client: connected, has sent, has hung up");
    }
    println!("in the backlog: {}", asleep::backlog(address.port())?);
    for _ in 0..2 {
        let (mut connection, _) = listener.accept().context("accept")?;
        let mut text = String::new();
        connection.read_to_string(&mut text).context("read")?;
        println!("accepted: {text:?}");
    }
    Ok(())
}
