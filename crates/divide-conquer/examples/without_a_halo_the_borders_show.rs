//! Claim: ranks that do not swap their edges compute something else, and it looks right for a while.
//!
//! The same program, but each strip is taken for a small world of its own. As long as the glider keeps away from the borders
//! nobody can tell. Then it never leaves its strip.
//!
//! Usage: cargo run -q -p divide-conquer --example without_a_halo_the_borders_show
//! See also: `src/life.rs` (Halo::Own)

use anyhow::{Context, Result};
use divide_conquer::board::Board;
use divide_conquer::cut;
use divide_conquer::life::{Halo, Life};

const GENERATIONS: u64 = 48;

fn main() -> Result<()> {
    // Rows 4 to 6 of 18: in the upper half of the strip of rank 0.
    let mut first = Board::with("glider", 11).context("there is a glider, and it fits")?;
    first.0.resize(18, 0);
    let (right, wrong) = (all(&first, Halo::Swapped)?, all(&first, Halo::Own)?);
    let differ = right.iter().zip(&wrong).position(|(right, wrong)| right != wrong).context("they differ")?;
    println!("equal up to generation {differ}");
    for (name, boards) in [("swapped", &right), ("not swapped", &wrong)] {
        let last = boards.last().context("there are generations")?;
        let counts = (0..2).map(|rank| Board(last.0[cut::part(18, 2, rank)].to_vec()).alive());
        println!(
            "{name}, generation {GENERATIONS}: cells of ranks 0 and 1: {:?}",
            counts.collect::<Vec<_>>()
        );
    }
    Ok(())
}

fn all(first: &Board, halo: Halo) -> Result<Vec<Board>> {
    let mut life = Life::start(first, 2, GENERATIONS, halo)?;
    let boards = (0..GENERATIONS).map(|_| life.next_generation()).collect::<Result<_>>()?;
    life.finish()?;
    Ok(boards)
}
