//! `dnc life`: Conway's game of life on a torus, each rank with some rows of the board.

use std::fs;
use std::path::Path;

use crate::failure::Failure;
use crate::mpi::{Tag, World};
use crate::{output, parts, work};

/// Tag of a row that goes to the rank above: the first of its sender.
const UP: Tag = 0;
/// Tag of a row that goes to the rank below: the last of its sender.
const DOWN: Tag = 1;

/// Prints generation `generations` of the board in `file`. Each rank calls it.
///
/// # Errors
/// When the file cannot be read, or is no board.
pub fn run(file: &Path, generations: u64) -> Result<(), Failure> {
    let mut world = World::from_environment()?;
    let board = if world.rank() == 0 { read(file)? } else { Vec::new() };
    let columns = world.bcast(0, board.first().map_or(0, Vec::len).to_le_bytes().to_vec())?;
    let columns = usize::from_le_bytes(columns.try_into().unwrap_or_default()).max(1);
    let rows = world.bcast(0, board.len().to_le_bytes().to_vec())?;
    let rows = usize::from_le_bytes(rows.try_into().unwrap_or_default());

    // Ranks without rows are the last ones, so those with rows are a ring.
    let ring = world.size().min(rows);
    let deal = |rank| if rank < ring { board.get(parts::share(rows, rank, ring)) } else { None };
    let pieces = (0..world.size()).map(|rank| deal(rank).unwrap_or_default().concat()).collect();
    let own = world.scatter(0, pieces)?;
    let mut own: Vec<Vec<u8>> = own.chunks(columns).map(<[u8]>::to_vec).collect();
    if !own.is_empty() {
        work::begin()?;
        for _ in 0..generations {
            own = next(&mut world, ring, &own)?;
        }
        work::report(&format!("rank {}", world.rank()));
    }

    let Some(all) = world.gather(0, own.concat())? else { return Ok(()) };
    let mut text = Vec::new();
    for row in all.concat().chunks(columns) {
        text.extend_from_slice(row);
        text.push(b'\n');
    }
    output::print_bytes(&text)
}

/// The board in a file, row by row.
fn read(file: &Path) -> Result<Vec<Vec<u8>>, Failure> {
    let name = file.display().to_string();
    let text = fs::read(file).map_err(|error| Failure::io(&name, &error))?;
    let rows: Vec<Vec<u8>> = parts::lines(&text).map(<[u8]>::to_vec).collect();
    let columns = rows.first().map_or(0, Vec::len);
    let is_row = |row: &Vec<u8>| {
        !row.is_empty() && row.len() == columns && row.iter().all(|cell| b".#".contains(cell))
    };
    let bad = if rows.is_empty() { Some(0) } else { rows.iter().position(|row| !is_row(row)) };
    match bad {
        Some(bad) => Err(Failure::malformed(name, bad as u64 + 1, "not a row of the board")),
        None => Ok(rows),
    }
}

/// The next generation of our rows. Borders are on their way while the inner rows are made.
fn next(world: &mut World, ring: usize, rows: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, Failure> {
    let (rank, last) = (world.rank(), rows.len() - 1);
    let (up, down) = ((rank + ring - 1) % ring, (rank + 1) % ring);
    if ring > 1 {
        world.send(up, UP, &rows[0])?;
        world.send(down, DOWN, &rows[last])?;
    }
    let mut made: Vec<Vec<u8>> =
        rows.windows(3).map(|three| work::next_row(&three[0], &three[1], &three[2])).collect();
    let (above, below) = if ring > 1 {
        (world.receive(Some(up), Some(DOWN))?.bytes, world.receive(Some(down), Some(UP))?.bytes)
    } else {
        (rows[last].clone(), rows[0].clone())
    };
    if last == 0 {
        return Ok(vec![work::next_row(&above, &rows[0], &below)]);
    }
    made.insert(0, work::next_row(&above, &rows[0], &rows[1]));
    made.push(work::next_row(&rows[last - 1], &rows[last], &below));
    Ok(made)
}
