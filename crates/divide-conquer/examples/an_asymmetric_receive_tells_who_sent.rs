//! Claim: with asymmetric addressing the receiver names nobody: `pid = receive(message)`; it is told who sent.
//!
//! Rank 0 serves whoever comes, and answers to the number that it was told. It does not know beforehand in which order they
//! come, nor that rank 3 comes twice. This form is the more useful one for servers: a symmetric receive would have to guess.
//!
//! Usage: cargo run -q -p divide-conquer --example an_asymmetric_receive_tells_who_sent
//! See also: `src/world.rs`

use anyhow::Result;
use divide_conquer::world::{self, Rank};

fn main() -> Result<()> {
    world::run(4, play).map(drop)
}

fn play(rank: &mut Rank) -> Result<i64> {
    let number = rank.number();
    if number == 0 {
        for _ in 0..4 {
            let (from, word) = rank.receive_any()?;
            println!("rank {from} asks for the square of {word}");
            rank.send(from, word * word)?;
        }
        return Ok(0);
    }
    // 3, then 1, then 2, then 3 again: each begins when the one before has its answer.
    if number != 3 {
        rank.receive(if number == 1 { 3 } else { 1 })?;
    }
    ask(rank)?;
    rank.send(number % 3 + 1, 0)?;
    if number == 3 {
        rank.receive(2)?;
        ask(rank)?;
    }
    Ok(0)
}

fn ask(rank: &mut Rank) -> Result<()> {
    let word = i64::try_from(rank.number())?;
    rank.send(0, word)?;
    assert_eq!(rank.receive(0)?, word * word);
    Ok(())
}
