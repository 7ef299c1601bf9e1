//! Claim: a protocol needs a limit of length; without it, one client decides how much memory the server uses.
//!
//! The first client sends a line that does not end. It is told so as soon as it is over the limit, the rest of that
//! line is thrown away unread by the book, and the next request is a good one. A line that was cut by the end of the
//! stream is no request either: "put plum 100" may have lost its last digits.
//!
//! Usage: cargo run -q -p client-server --example a_line_without_end_is_refused
//! See also: `line.rs`

use anyhow::Result;
use client_server::background::{self, Kind};
use client_server::{book::Book, connect, stream};

fn main() -> Result<()> {
    let (_server, address) = background::start(Kind::Poll, Book::default())?;
    let client = connect::stream(&address)?;
    stream::send_all(&client, &[b'x'; 1025])?;
    println!("1025 bytes and no newline: {}", stream::receive_line(&client)?);
    stream::send_all(&client, &[b'x'; 1 << 20])?;
    stream::send_all(&client, b"\nput plum blue\n")?;
    println!("a million more, then a good line: {}", stream::receive_line(&client)?);

    stream::send_all(&client, b"put plum 100")?;
    stream::finish_sending(&client)?;
    println!("a line cut by the end: {}", stream::receive_line(&client)?);
    let other = connect::stream(&address)?;
    stream::send_all(&other, b"get plum\n")?;
    println!("get plum: {}", stream::receive_line(&other)?);
    Ok(())
}
