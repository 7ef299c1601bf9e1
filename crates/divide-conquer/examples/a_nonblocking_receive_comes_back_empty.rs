//! Claim: a non-blocking receive says at once that nothing is there, and its caller can work meanwhile.
//!
//! Rank 0 works and looks between two pieces of work whether rank 1's message has come. Rank 1 sends only when it is told
//! that three pieces are done: so the first looks surely find nothing. A blocking receive would be a deadlock here.
//!
//! Usage: cargo run -q -p divide-conquer --example a_nonblocking_receive_comes_back_empty
//! See also: `poll(2)`, `src/world.rs`

use anyhow::Result;
use divide_conquer::world::{self, Rank};

fn main() -> Result<()> {
    world::run(2, play).map(drop)
}

fn play(rank: &mut Rank) -> Result<i64> {
    if rank.number() == 1 {
        rank.receive(0)?;
        rank.send(0, 77)?;
        return Ok(0);
    }
    let mut sum = 0;
    for piece in 1..=3 {
        println!("look {piece}: {:?}", rank.try_receive()?);
        sum += piece; // The work.
    }
    rank.send(1, sum)?;
    // Blocking is right when there is nothing else to do: to look again and again would burn the processor.
    println!("work done: {sum}; blocking: {:?}", rank.receive_any()?);
    Ok(0)
}
