//! Claim: scatter gives each rank its part, gather puts the answers together by rank, in whatever order they come.
//!
//! Ten numbers over four ranks: 3, 3, 2 and 2. The ranks are made to answer in the order 3, 2, 1. Put together as they come
//! the list is shuffled; by rank it is in order.
//!
//! Usage: cargo run -q -p divide-conquer --example gather_orders_by_rank_whoever_comes_first
//! See also: `src/cut.rs`

use anyhow::Result;
use divide_conquer::cut;
use divide_conquer::world::{self, Rank};

const NUMBERS: usize = 10;

fn main() -> Result<()> {
    for by_rank in [false, true] {
        world::run(4, |rank| square(rank, by_rank))?;
    }
    Ok(())
}

fn square(rank: &mut Rank, by_rank: bool) -> Result<i64> {
    let (number, size) = (rank.number(), rank.size());
    if number > 0 {
        let part = cut::part(NUMBERS, size, number);
        let squares = part.map(|_| Ok(rank.receive(0)?.pow(2))).collect::<Result<Vec<i64>>>()?;
        if number < size - 1 {
            rank.receive(number + 1)?; // The rank after this one has answered.
        }
        squares.into_iter().try_for_each(|square| rank.send(0, square))?;
        if number > 1 {
            rank.send(number - 1, 0)?;
        }
        return Ok(0);
    }
    for to in 1..size {
        cut::part(NUMBERS, size, to).try_for_each(|item| rank.send(to, i64::try_from(item)?))?;
    }
    let mut squares: Vec<i64> =
        cut::part(NUMBERS, size, 0).map(|item| Ok(i64::try_from(item)?.pow(2))).collect::<Result<_>>()?;
    for from in 1..size {
        for _ in cut::part(NUMBERS, size, from) {
            squares.push(if by_rank { rank.receive(from)? } else { rank.receive_any()?.1 });
        }
    }
    println!("{}: {squares:?}", if by_rank { "by rank" } else { "as they came" });
    Ok(0)
}
