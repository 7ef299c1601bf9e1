//! Claim: the board cut into strips gives the same generations as the whole board, for any number of ranks.
//!
//! The whole board is computed cell by cell, as the rule says. The ranks compute 64 cells at a time and swap their edge rows.
//! Every generation of the acorn is compared, for 1 to 20 ranks on 20 rows; 1 rank is its own neighbour.
//!
//! Usage: cargo run -q -p divide-conquer --example strips_with_halos_give_the_same_life
//! See also: `src/life.rs`

use anyhow::{Result, ensure};
use divide_conquer::board::{Board, COLUMNS};
use divide_conquer::life::{Halo, Life};

const ROWS: usize = 20;
const GENERATIONS: usize = 150;

fn main() -> Result<()> {
    let first = Board::with("acorn", ROWS).expect("there is an acorn, and it fits");
    let whole: Vec<Board> = std::iter::successors(Some(first.clone()), |board| Some(cell_by_cell(board)))
        .take(1 + GENERATIONS)
        .collect();
    for ranks in 1..=ROWS {
        let mut life = Life::start(&first, ranks, GENERATIONS as u64, Halo::Swapped)?;
        for (generation, expected) in whole.iter().enumerate().skip(1) {
            ensure!(life.next_generation()? == *expected, "generation {generation} of {ranks} ranks differs");
        }
        life.finish()?;
    }
    println!("1 to {ROWS} ranks: each of {GENERATIONS} generations is equal");
    println!("cells that live: {} at first, {} at last", first.alive(), whole[GENERATIONS].alive());
    Ok(())
}

fn cell_by_cell(board: &Board) -> Board {
    let lives = |row: usize, column: usize| board.0[row % ROWS] >> (column % COLUMNS) & 1;
    let next = |row: usize, column: usize| {
        let mut count = 0;
        for (down, right) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1), (2, 2)] {
            count += lives(row + ROWS - 1 + down, column + COLUMNS - 1 + right);
        }
        u64::from(count == 3 || count == 2 && lives(row, column) == 1)
    };
    let row = |row| (0..COLUMNS).map(|column| next(row, column) << column).sum();
    Board((0..ROWS).map(row).collect())
}
