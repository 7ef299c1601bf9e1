//! Claim: a FIFO has many writers and no identities: the reader gets bytes, and what they say of their author is a claim.
//!
//! Ann sends an order in her name, Bob one in his name and one in Ann's. For the reader the last two look the same. The
//! kernel knows who wrote, and does not tell. (Sockets can: see the client-server lecture.)
//!
//! Usage: cargo run -q -p producer-consumer --example a_fifo_does_not_say_who_wrote
//! See also: `fifo(7)`; `unix(7)` (SO_PEERCRED, SCM_CREDENTIALS)

use anyhow::{Context, Result};
use producer_consumer::{fifo::Fifo, framing, process};

fn main() -> Result<()> {
    let fifo = Fifo::new()?;
    let reader = fifo.reader_now()?;
    for (author, says) in [("Ann", "Ann"), ("Bob", "Bob"), ("Bob", "Ann")] {
        let order = format!("{says} orders tea");
        let child = process::child(|| {
            let writer = fifo.writer()?;
            framing::write_record(&writer, order.as_bytes()).with_context(|| format!("{author} writes"))
        })?;
        process::join(child)?;
        let received = framing::read_record(&reader)?.context("an order comes")?;
        println!("sent by {author}, received: {}", String::from_utf8_lossy(&received));
    }
    Ok(())
}
