//! `dnc life`: Conway's game of life on a torus, each rank with some rows of the board.

use std::path::Path;

use crate::failure::Failure;
// BEGIN SOLUTION
use crate::mpi::World;
use crate::output::print_lines;
use crate::{parts, work};

/// A row that goes to the rank above, and one that goes to the rank below.
const TO_ABOVE: i32 = 0;
const TO_BELOW: i32 = 1;

/// Rows of the same length, one after the other.
struct Board {
    columns: usize,
    cells: Vec<u8>,
}

impl Board {
    fn read(file: &Path) -> Result<Board, Failure> {
        let name = file.display().to_string();
        let text = std::fs::read(file).map_err(|error| Failure::io(&name, &error))?;
        let mut board = Board { columns: 0, cells: Vec::with_capacity(text.len()) };
        for (line, row) in (1..).zip(parts::lines(&text)) {
            if line == 1 {
                board.columns = row.len();
            }
            let fits = !row.is_empty() && row.len() == board.columns;
            if !fits || row.iter().any(|cell| !b".#".contains(cell)) {
                return Err(Failure::malformed(name, line, "not a row of the board"));
            }
            board.cells.extend_from_slice(row);
        }
        if board.cells.is_empty() {
            return Err(Failure::malformed(name, 1, "not a row of the board"));
        }
        Ok(board)
    }

    fn rows(&self) -> usize {
        self.cells.len().checked_div(self.columns).unwrap_or(0)
    }

    fn row(&self, i: usize) -> &[u8] {
        &self.cells[i * self.columns..(i + 1) * self.columns]
    }
}
// END SOLUTION

/// Prints generation `generations` of the board in `file`. Each rank calls it.
///
/// # Errors
/// When the file cannot be read, or is no board.
pub fn run(file: &Path, generations: u64) -> Result<(), Failure> {
    // BEGIN SOLUTION
    let mut world = World::from_environment()?;
    let whole = if world.rank() == 0 { Some(Board::read(file)?) } else { None };
    let size = whole.iter().map(|board| format!("{} {}", board.rows(), board.columns)).collect::<String>();
    let size = String::from_utf8_lossy(&world.bcast(0, size.into_bytes())?).into_owned();
    let numbers: Vec<usize> = size.split(' ').filter_map(|number| number.parse().ok()).collect();
    let &[rows, columns] = numbers.as_slice() else { return Err(Failure::new("life", "no size")) };
    let pieces = whole.map_or_else(Vec::new, |board| deal(&board, world.size()));
    let mut own = Board { columns, cells: world.scatter(0, pieces)? };
    work::begin()?;
    // Ranks without rows have nothing to exchange.
    let workers = world.size().min(rows);
    if world.rank() < workers {
        for _ in 0..generations {
            own = next(&mut world, &own, workers)?;
        }
    }
    work::report(&format!("rank {}", world.rank()));
    let Some(pieces) = world.gather(0, own.cells)? else { return Ok(()) };
    print_lines(pieces.iter().flat_map(|piece| piece.chunks(columns)))
    // END SOLUTION
    // STUB: todo!("M6: deal out the rows, let the ranks work, collect the rows")
}
// BEGIN SOLUTION

/// The rows of each rank. Their numbers differ by one at most.
fn deal(board: &Board, ranks: usize) -> Vec<Vec<u8>> {
    let ranks_with_rows = ranks.min(board.rows());
    let begin = |rank: usize| board.rows() * rank.min(ranks_with_rows) / ranks_with_rows * board.columns;
    (0..ranks).map(|rank| board.cells[begin(rank)..begin(rank + 1)].to_vec()).collect()
}

/// One generation. The border rows go to the neighbours; while they travel, the rows inside are made, which need no
/// neighbour; then the neighbours' borders come, and the first and the last row are made. So nobody sleeps who has work,
/// and a wake-up on another core, which takes as long as many rows, is paid for by the time that the rows take.
fn next(world: &mut World, board: &Board, workers: usize) -> Result<Board, Failure> {
    let (first, last) = (board.row(0), board.row(board.rows() - 1));
    let up = (world.rank() + workers - 1) % workers;
    let down = (world.rank() + 1) % workers;
    if workers > 1 {
        world.send(up, TO_ABOVE, first)?;
        world.send(down, TO_BELOW, last)?;
    }
    // Row by row: an iterator over single cells would cost more than the work on them.
    let mut cells = Vec::with_capacity(board.cells.len());
    // The first row gets its place now, and is made later.
    cells.extend_from_slice(first);
    for i in 1..board.rows() - 1 {
        cells.extend(work::next_row(board.row(i - 1), board.row(i), board.row(i + 1)));
    }
    let (above, below) = if workers == 1 {
        (last.to_vec(), first.to_vec())
    } else {
        // What my neighbour above sends, it sends to below.
        (world.receive(Some(up), Some(TO_BELOW))?.bytes, world.receive(Some(down), Some(TO_ABOVE))?.bytes)
    };
    let row = |i: usize| {
        let upper = if i == 0 { &above[..] } else { board.row(i - 1) };
        let lower = if i + 1 == board.rows() { &below[..] } else { board.row(i + 1) };
        work::next_row(upper, board.row(i), lower)
    };
    cells[..board.columns].copy_from_slice(&row(0));
    if board.rows() > 1 {
        cells.extend(row(board.rows() - 1));
    }
    Ok(Board { columns: board.columns, cells })
}
// END SOLUTION
