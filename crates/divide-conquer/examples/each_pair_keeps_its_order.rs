//! Claim: the messages of one sender to one receiver keep their order; those of several senders mix in any way.
//!
//! Three ranks send 1000 numbers each, as fast as they can. Rank 0 takes whatever comes. How they mix differs from run to
//! run, so nothing is printed about it; within each pair no number comes too early.
//!
//! Usage: cargo run -q -p divide-conquer --example each_pair_keeps_its_order
//! See also: `pipe(7)` (PIPE_BUF)

use anyhow::Result;
use divide_conquer::world::{self, Rank};

const MESSAGES: i64 = 1000;

fn main() -> Result<()> {
    world::run(4, play).map(drop)
}

fn play(rank: &mut Rank) -> Result<i64> {
    if rank.number() > 0 {
        for word in 0..MESSAGES {
            rank.send(0, word)?;
        }
        return Ok(0);
    }
    let (mut next, mut early) = ([0; 4], 0);
    for _ in 0..3 * MESSAGES {
        let (from, word) = rank.receive_any()?;
        early += i64::from(word != next[from]);
        next[from] = word + 1;
    }
    println!("taken from ranks 1 to 3: {:?}", &next[1..]);
    println!("out of order within a pair: {early}");
    Ok(0)
}
