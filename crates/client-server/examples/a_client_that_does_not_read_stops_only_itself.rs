//! Claim: a server that never waits in send serves the others beside a client that does not read, in bounded memory.
//!
//! The poll server keeps at most a few answers for a client; then it stops *reading* that client's requests. The
//! buffers fill up back to the client, whose own send waits. So the one who is slow is the one who waits.
//!
//! Usage: cargo run -q -p client-server --example a_client_that_does_not_read_stops_only_itself
//! See also: `poll(2)` (POLLOUT), and `connection.rs`

use anyhow::{Result, ensure};
use client_server::asleep::{self, Call};
use client_server::background::{Background, Kind};
use client_server::{address::Address, book::Book, connect, listen, stream};

const REQUEST: &[u8] = b"get long\n";

fn main() -> Result<()> {
    let listener = listen::stream(&Address::Abstract(format!("ipc-labs-slow-{}", std::process::id())))?;
    let address = listen::local_address(&listener)?;
    let server = Background::server(Kind::Poll, listener, Book::with(&[("long", &"x".repeat(500))]))?;

    let slow = connect::stream(&address)?;
    let mut sent = 0;
    // The server makes room as long as it takes requests. When it sleeps and there is no room, it takes no more. A
    // server that kept all answers in memory would let this loop go on until the memory is full.
    loop {
        asleep::until(server.pid(), Call::Poll)?;
        match stream::fill(&slow, REQUEST, sent)? {
            0 => break,
            more => sent += more,
        }
    }
    println!("the first client sends until its send would wait, and reads nothing");
    println!("the server sleeps in poll: {}", asleep::is_in(server.pid(), Call::Poll)?);

    let other = connect::stream(&address)?;
    stream::send_all(&other, b"put plum blue\nget plum\n")?;
    println!("the second client: {}, {}", stream::receive_line(&other)?, stream::receive_line(&other)?);

    let reader = Background::run(|| {
        // What was cut in the middle of a request is completed, then no more.
        let cut = sent % REQUEST.len();
        stream::send_all(&slow, if cut == 0 { b"" } else { &REQUEST[cut..] })?;
        Ok(stream::finish_sending(&slow)?)
    })?;
    let answers = stream::receive_all(&slow)?.iter().filter(|byte| **byte == b'\n').count();
    ensure!(reader.wait()? == 0, "the last request could be completed");
    println!(
        "the first client reads at last: an answer to each request: {}",
        answers == sent.div_ceil(REQUEST.len())
    );
    Ok(())
}
