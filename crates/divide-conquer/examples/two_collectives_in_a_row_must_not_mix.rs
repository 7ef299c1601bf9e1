//! Claim: "take N - 1 messages from anybody" is no gather: a quick rank's second word is taken for the first gather.
//!
//! Two sums follow each other. Ranks 1 and 2 give 1 and 2 to the first, 10 and 20 to the second. Rank 1 is quick: both its
//! words are there before rank 2 sends its first. Nothing is lost, and both sums are wrong. To name the sender is one cure, to
//! number the operations is another.
//!
//! Usage: cargo run -q -p divide-conquer --example two_collectives_in_a_row_must_not_mix
//! See also: `src/collective.rs`

use anyhow::Result;
use divide_conquer::world::{self, Rank};

fn main() -> Result<()> {
    for (name, by_rank) in [("from anybody", false), ("by rank", true)] {
        world::run(3, |rank| {
            if rank.number() == 0 {
                println!("{name}: {} and {}, expected 3 and 30", sum(rank, by_rank)?, sum(rank, by_rank)?);
                return Ok(0);
            }
            give_both(rank)
        })?;
    }
    Ok(())
}

fn sum(rank: &mut Rank, by_rank: bool) -> Result<i64> {
    (1..3).map(|from| if by_rank { rank.receive(from) } else { Ok(rank.receive_any()?.1) }).sum()
}

fn give_both(rank: &mut Rank) -> Result<i64> {
    let number = rank.number();
    if number == 2 {
        rank.receive(1)?; // Rank 1 has sent both.
    }
    let word = i64::try_from(number)?;
    rank.send(0, word)?;
    rank.send(0, 10 * word)?;
    if number == 1 {
        rank.send(2, 0)?;
    }
    Ok(0)
}
