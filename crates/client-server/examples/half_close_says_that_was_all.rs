//! Claim: half-close says "that was all from me" and still receives: the end of one direction only.
//!
//! A client that closes has told the server to stop; a client that half-closes has told it that there is no more to
//! ask. A server that takes the end of the requests for the end of the client throws answers away.
//!
//! Usage: cargo run -q -p client-server --example half_close_says_that_was_all
//! See also: `shutdown(2)`, `recv(2)` (0 bytes)

use anyhow::Result;
use client_server::background::{self, Kind};
use client_server::{book::Book, connect, stream};

fn main() -> Result<()> {
    let (_server, address) =
        background::start(Kind::Poll, Book::with(&[("cherry", "red"), ("lemon", "yellow")]))?;
    let client = connect::stream(&address)?;
    stream::send_all(&client, b"get cherry\nget lemon\n")?;
    stream::finish_sending(&client)?;
    println!("sent two requests and the end");
    println!(
        "more requests: {}",
        stream::send_all(&client, b"get plum\n").expect_err("this direction is closed")
    );
    let answers = stream::receive_all(&client)?;
    println!("received until the server's end: {:?}", String::from_utf8_lossy(&answers));
    Ok(())
}
