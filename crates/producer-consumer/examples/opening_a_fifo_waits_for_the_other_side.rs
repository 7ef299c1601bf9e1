//! Claim: open is where the two sides of a FIFO meet: the first one waits in it for the second.
//!
//! It does not matter who comes first. Who must not wait opens with O_NONBLOCK; then a writer is told that nobody reads
//! (ENXIO), while a reader gets its end at once.
//!
//! Usage: cargo run -q -p producer-consumer --example opening_a_fifo_waits_for_the_other_side
//! See also: `fifo(7)`, `open(2)` (O_NONBLOCK, ENXIO)

use anyhow::Result;
use producer_consumer::{asleep, fifo::Fifo, process};

fn main() -> Result<()> {
    let fifo = Fifo::new()?;
    let reader = process::child(|| fifo.reader().map(drop))?;
    asleep::until_asleep(reader)?;
    println!("the reader came first and waits in open");
    drop(fifo.writer()?);
    process::join(reader)?;
    println!("the writer came: both went on");

    let writer = process::child(|| fifo.writer().map(drop))?;
    asleep::until_asleep(writer)?;
    println!("the writer came first and waits in open");
    drop(fifo.reader()?);
    process::join(writer)?;
    println!("the reader came: both went on");

    println!("a writer that does not wait, nobody reads: {}", says(fifo.writer_now()?.is_some()));
    let _reader = fifo.reader_now()?;
    println!("a reader that does not wait, nobody writes: open");
    println!("a writer that does not wait, somebody reads: {}", says(fifo.writer_now()?.is_some()));
    Ok(())
}

fn says(is_open: bool) -> &'static str {
    if is_open { "open" } else { "ENXIO" }
}
