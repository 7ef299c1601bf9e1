//! Claim: a buffer evens out bursts; against a producer that is faster *for ever* a larger one only fills later.
//!
//! In each round the producer offers two records and the consumer takes one. The round in which the first record finds
//! no room is printed. Four times the buffer, four times the rounds, and then the same decision: block, drop or fail.
//!
//! Usage: cargo run -q -p producer-consumer --example a_larger_buffer_only_fills_later
//! See also: `fcntl(2)` (F_SETPIPE_SZ)

use anyhow::Result;
use producer_consumer::buffer;

fn main() -> Result<()> {
    for slots in [1, 4, 16] {
        println!("{slots:2} slots: full in round {}", round_of_the_first_refusal(slots)?);
    }
    Ok(())
}

fn round_of_the_first_refusal(slots: usize) -> Result<usize> {
    let (reader, writer) = buffer::bounded(slots)?;
    buffer::set_nonblocking(&writer)?;
    let mut round = 1;
    loop {
        for _ in 0..2 {
            if !buffer::try_put(&writer, &[0; buffer::SLOT])? {
                return Ok(round);
            }
        }
        buffer::take(&reader)?;
        round += 1;
    }
}
