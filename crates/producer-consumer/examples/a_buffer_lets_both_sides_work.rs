//! Claim: a buffer between two processes lets both work at the same time, and the producer gets ahead by so much only.
//!
//! The consumer is busy elsewhere. Without a buffer the producer would have to wait for it; with one of 16 slots it
//! goes on (that is why input and output can overlap with computing), and with a *finite* one not for ever.
//!
//! Usage: cargo run -q -p producer-consumer --example a_buffer_lets_both_sides_work
//! See also: `pipe(7)` (Pipe capacity)

use anyhow::Result;
use producer_consumer::{asleep, buffer, fill, process};

const RECORDS: usize = 100;

fn main() -> Result<()> {
    let (reader, writer) = buffer::bounded(16)?;
    let producer =
        process::child(|| (0..RECORDS).try_for_each(|_| buffer::put(&writer, &[0; buffer::SLOT])))?;
    drop(writer);

    asleep::until_asleep(producer)?;
    println!(
        "the consumer has taken nothing, the producer has put {}",
        fill::bytes_in(&reader)? / buffer::SLOT
    );
    buffer::take(&reader)?;
    while fill::bytes_in(&reader)? < 16 * buffer::SLOT {
        std::thread::yield_now(); // Until the producer has used the free slot.
    }
    println!(
        "the consumer has taken 1, the producer has put {}",
        1 + fill::bytes_in(&reader)? / buffer::SLOT
    );

    let mut taken = 1;
    while buffer::take(&reader)?.is_some() {
        taken += 1;
    }
    process::join(producer)?;
    println!("in the end: {taken} of {RECORDS}");
    Ok(())
}
