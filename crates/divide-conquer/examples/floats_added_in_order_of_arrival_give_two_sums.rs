//! Claim: a reduction that takes words as they arrive gives another sum when the order changes; by rank it never does.
//!
//! Rank 0 adds what ranks 1, 2 and 3 send: 1e16, 1 and -1e16. Which of them may send when, a token decides: the arrival is
//! forced, once in the order 1 2 3 and once 1 3 2. Floating-point addition is not associative.
//!
//! Usage: cargo run -q -p divide-conquer --example floats_added_in_order_of_arrival_give_two_sums
//! See also: Goldberg 1991, *What every computer scientist should know about floating-point arithmetic*

use anyhow::Result;
use divide_conquer::world::{self, Rank};

const VALUES: [f64; 4] = [0.0, 1e16, 1.0, -1e16];

fn main() -> Result<()> {
    for order in [[1, 2, 3], [1, 3, 2]] {
        for (name, by_rank) in [("as they come", false), ("by rank", true)] {
            let reports = world::run(4, |rank| add(rank, order, by_rank))?;
            let sum = f64::from_bits(reports[0].result.cast_unsigned());
            println!("arrival {order:?}, added {name}: {sum}");
        }
    }
    Ok(())
}

/// The bits of the sum.
fn add(rank: &mut Rank, order: [usize; 3], by_rank: bool) -> Result<i64> {
    let number = rank.number();
    if let Some(place) = order.iter().position(|&one| one == number) {
        if place > 0 {
            rank.receive(order[place - 1])?;
        }
        rank.send(0, VALUES[number].to_bits().cast_signed())?;
        if let Some(&next) = order.get(place + 1) {
            rank.send(next, 0)?; // Only now may the next one send.
        }
        return Ok(0);
    }
    let mut sum = VALUES[0];
    for from in 1..4 {
        let word = if by_rank { rank.receive(from)? } else { rank.receive_any()?.1 };
        sum += f64::from_bits(word.cast_unsigned());
    }
    Ok(sum.to_bits().cast_signed())
}
