//! Claim: all ranks run one program; what each of them does it decides by its number and the number of all.
//!
//! The first begins with 1, the last keeps what it gets, those between double it and pass it on. The same program runs with
//! 1, 2 and 6 ranks. A rank is not a pid: it is known before the process exists.
//!
//! Usage: cargo run -q -p divide-conquer --example one_program_takes_its_role_from_its_rank
//! See also: mpirun(1)

use anyhow::Result;
use divide_conquer::world::{self, Rank};

fn main() -> Result<()> {
    for size in [1, 2, 6] {
        let results: Vec<i64> = world::run(size, pass_on)?.iter().map(|report| report.result).collect();
        println!("{size} ranks: {results:?}");
    }
    Ok(())
}

fn pass_on(rank: &mut Rank) -> Result<i64> {
    let (number, last) = (rank.number(), rank.size() - 1);
    let word = if number == 0 { 1 } else { 2 * rank.receive(number - 1)? };
    if number < last {
        rank.send(number + 1, word)?;
    }
    Ok(word)
}
