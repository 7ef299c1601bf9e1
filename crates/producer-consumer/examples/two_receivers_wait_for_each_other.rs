//! Claim: two processes that both receive first wait for ever: each would send what the other waits for.
//!
//! Both buffers are empty, and both processes would write to them, after the read. Waiting is no mistake, the circle is.
//! A message from outside breaks it here; in real life nobody comes.
//!
//! Usage: cargo run -q -p producer-consumer --example two_receivers_wait_for_each_other
//! See also: `pipe(7)`; `cargo xtask autopsy PID` finds such circles

use anyhow::{Context, Result};
use producer_consumer::{asleep, fill, framing, process};

fn main() -> Result<()> {
    let (to_ann, from_bob) = ipc_kit::pipe().context("make a pipe")?;
    let (to_bob, from_ann) = ipc_kit::pipe().context("make a pipe")?;
    let talk = |name, input, output| {
        process::child(move || {
            let heard = framing::read_record(input)?.context("a message comes")?;
            println!("{name} hears \"{}\" and answers", heard.escape_ascii());
            Ok(framing::write_record(output, b"hello")?)
        })
    };
    let ann = talk("Ann", &to_ann, &from_ann)?;
    let bob = talk("Bob", &to_bob, &from_bob)?;

    asleep::until_asleep(ann)?;
    asleep::until_asleep(bob)?;
    let waiting = (fill::bytes_in(&to_ann)?, fill::bytes_in(&to_bob)?);
    println!("both sleep in read; bytes on their way: {} and {}", waiting.0, waiting.1);
    framing::write_record(&from_bob, b"hello from outside")?;
    process::join(ann)?;
    process::join(bob)
}
