//! Claim: what lives on the board does not notice the cuts: a glider goes from rank to rank, and round the torus.
//!
//! A glider moves one row down and one column to the right in four generations. 12 rows over 3 ranks: after 48 generations it
//! has crossed three borders and is where it began, 12 columns further. No rank ever sees more than its strip and two rows.
//!
//! Usage: cargo run -q -p divide-conquer --example a_glider_travels_from_rank_to_rank
//! See also: `src/board.rs`

use anyhow::Result;
use divide_conquer::board::Board;
use divide_conquer::cut;
use divide_conquer::life::{Halo, Life};

fn main() -> Result<()> {
    let first = Board::with("glider", 12).expect("there is a glider, and it fits");
    let mut life = Life::start(&first, 3, 48, Halo::Swapped)?;
    println!("generation  0: {}", cells(&first));
    let mut board = first.clone();
    for generation in 1..=48 {
        board = life.next_generation()?;
        if generation % 8 == 0 {
            println!("generation {generation:>2}: {}", cells(&board));
        }
    }
    life.finish()?;
    let moved: Vec<u64> = first.0.iter().map(|row| row.rotate_left(12)).collect();
    println!("12 columns further, and otherwise as before: {}", board == Board(moved));
    Ok(())
}

fn cells(board: &Board) -> String {
    let count = |rank| Board(board.0[cut::part(12, 3, rank)].to_vec()).alive();
    format!("cells of ranks 0 to 2: {} {} {}", count(0), count(1), count(2))
}
