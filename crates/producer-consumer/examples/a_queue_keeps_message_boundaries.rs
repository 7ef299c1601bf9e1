//! Claim: a POSIX queue carries messages, not bytes: each receive gives one whole message, also an empty one.
//!
//! Nobody frames anything. The price: a message has a largest length, fixed when the queue is made, and the receiver's
//! space must be as large as that, even for a short message.
//!
//! Usage: cargo run -q -p producer-consumer --example a_queue_keeps_message_boundaries
//! See also: `mq_overview(7)`, `mq_receive(3)` (the call is not `mq_recv`), EMSGSIZE in `mq_send(3)`

use anyhow::{Context, Result};
use producer_consumer::posix_queue::{LONGEST, Name};

fn main() -> Result<()> {
    let name = Name::new();
    let queue = name.create(4)?;
    for message in ["one", "", "three"] {
        queue.send(message.as_bytes(), 0).context("send")?;
    }
    for _ in 0..3 {
        let (message, _) = queue.receive().context("receive")?;
        println!("mq_receive: \"{}\"", message.escape_ascii());
    }
    let too_long = queue.send(&[b'x'; LONGEST + 1], 0).expect_err("it is too long");
    println!("{} bytes in a queue for {LONGEST}: {too_long}", LONGEST + 1);
    Ok(())
}
