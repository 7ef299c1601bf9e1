//! Claim: when the last stage stops, every buffer before it fills, and the wait travels back to the source.
//!
//! Three stages, two queues of 4 records. Nobody counts and nobody sends "slow down": each stage waits at its own
//! full queue, with one more record in its hand. The slow stage is found easily: it stands behind the last full queue.
//!
//! Usage: cargo run -q -p producer-consumer --example backpressure_reaches_the_source
//! See also: `pipe(7)`; the design "stages with queues" is known as SEDA

use anyhow::Result;
use producer_consumer::{asleep, buffer, fill, process};

const RECORDS: usize = 100;

fn main() -> Result<()> {
    let (first_out, first_in) = buffer::bounded(4)?;
    let (second_out, second_in) = buffer::bounded(4)?;
    let worker = process::child(|| {
        process::close_copy(&first_in)?;
        while let Some(record) = buffer::take(&first_out)? {
            buffer::put(&second_in, &record)?;
        }
        Ok(())
    })?;
    drop(second_in);
    let source =
        process::child(|| (0..RECORDS).try_for_each(|_| buffer::put(&first_in, &[0; buffer::SLOT])))?;
    drop(first_in);

    // Full is the event; and then both must sleep, for there is nothing else they could do.
    while fill::bytes_in(&first_out)? + fill::bytes_in(&second_out)? < 8 * buffer::SLOT {
        std::thread::yield_now();
    }
    asleep::until_asleep(worker)?;
    asleep::until_asleep(source)?;
    let held = |end| fill::bytes_in(end).map(|bytes| bytes / buffer::SLOT);
    println!("the last stage stands still; in the queues: {} and {}", held(&first_out)?, held(&second_out)?);

    let mut taken = 0;
    while buffer::take(&second_out)?.is_some() {
        taken += 1;
    }
    println!("the last stage goes on: {taken} of {RECORDS}");
    process::join(source)?;
    process::join(worker)
}
