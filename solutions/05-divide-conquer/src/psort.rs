//! `dnc psort`: sorts the lines of a file by ranks, so that no rank has much more to do than another.
// BEGIN SOLUTION
//!
//! Sorting by regular sampling: each rank sorts its share, and tells n samples of it; rank 0 sorts the samples and
//! chooses n-1 splitters; each rank cuts its share at them, and sends piece k to rank k, which merges what it gets.
//! A line is told from its equals by where it comes from, so any number of equal keys is cut as evenly as different
//! ones.
// END SOLUTION

use std::path::Path;

use crate::failure::Failure;
// BEGIN SOLUTION
use std::cmp::Ordering;

use crate::mpi::World;
use crate::output::print_bytes;
use crate::sort::merge;
use crate::{parts, work};

/// The tag of the pieces.
const PIECE: i32 = 0;

/// A line, and where it stands: its rank, and its place among the sorted lines of that rank.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place<'a> {
    line: &'a [u8],
    rank: usize,
    at: usize,
}

impl Place<'_> {
    fn compare(&self, other: &Place<'_>) -> Ordering {
        work::compare(self.line, other.line).then((self.rank, self.at).cmp(&(other.rank, other.at)))
    }

    fn encode(&self) -> Vec<u8> {
        [format!("{} {} ", self.rank, self.at).as_bytes(), self.line, b"\n"].concat()
    }

    fn decode(text: &[u8]) -> Option<Place<'_>> {
        let mut fields = text.splitn(3, |&byte| byte == b' ');
        let mut number = || std::str::from_utf8(fields.next()?).ok()?.parse().ok();
        let (rank, at) = (number()?, number()?);
        Some(Place { line: fields.next()?, rank, at })
    }
}
// END SOLUTION

/// Prints the lines of `file`, sorted by their keys. Each rank calls it.
///
/// # Errors
/// When the file cannot be read.
pub fn run(file: &Path) -> Result<(), Failure> {
    // BEGIN SOLUTION
    let mut world = World::from_environment()?;
    let (rank, size) = (world.rank(), world.size());
    let shares = if rank == 0 { deal(file, size)? } else { Vec::new() };
    let share = world.scatter(0, shares)?;
    work::begin()?;
    let mut lines: Vec<&[u8]> = parts::lines(&share).collect();
    lines.sort_by(|one, other| work::compare(one, other));
    let splitters = splitters(&mut world, &lines)?;
    let pieces = cut(&lines, rank, &splitters, size);
    for to in (0..size).filter(|&to| to != rank) {
        world.send(to, PIECE, &pieces[to])?;
    }
    let mut runs = Vec::with_capacity(size);
    for from in 0..size {
        let is_own = from == rank;
        runs.push(if is_own { pieces[rank].clone() } else { world.receive(Some(from), Some(PIECE))?.bytes });
    }
    let sorted = join(&merge_all(runs.iter().map(|run| parts::lines(run).collect()).collect()));
    work::report(&format!("rank {rank}"));
    match world.gather(0, sorted)? {
        Some(all) => print_bytes(&all.concat()),
        None => Ok(()),
    }
    // END SOLUTION
    // STUB: todo!("M8: sort by ranks, with the same share of the work for each")
}
// BEGIN SOLUTION

/// The lines of each rank. Their numbers differ by one at most.
fn deal(file: &Path, ranks: usize) -> Result<Vec<Vec<u8>>, Failure> {
    let text = std::fs::read(file).map_err(|error| Failure::io(file.display().to_string(), &error))?;
    let lines: Vec<&[u8]> = parts::lines(&text).collect();
    let share = |rank: usize| {
        let share = &lines[lines.len() * rank / ranks..lines.len() * (rank + 1) / ranks];
        join(share)
    };
    Ok((0..ranks).map(share).collect())
}

/// Lines as a text.
fn join(lines: &[&[u8]]) -> Vec<u8> {
    let mut text = Vec::with_capacity(lines.iter().map(|line| line.len() + 1).sum());
    for line in lines {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text
}

/// n-1 places that cut all lines of all ranks into n pieces, none with more than twice its share.
fn splitters(world: &mut World, lines: &[&[u8]]) -> Result<Vec<u8>, Failure> {
    let (rank, size) = (world.rank(), world.size());
    let sample = |i: usize| lines.len() * i / size;
    let samples = (0..size.min(lines.len())).map(|i| Place { line: lines[sample(i)], rank, at: sample(i) });
    let samples: Vec<u8> = samples.flat_map(|place| place.encode()).collect();
    let chosen = match world.gather(0, samples)? {
        Some(all) => {
            let all = all.concat();
            let mut places: Vec<Place> = parts::lines(&all).filter_map(Place::decode).collect();
            places.sort_by(Place::compare);
            let cut = |k: usize| places.get(places.len() * k / size + size / 2);
            (1..size).filter_map(cut).flat_map(Place::encode).collect()
        }
        None => Vec::new(),
    };
    world.bcast(0, chosen)
}

/// The sorted lines of this rank in pieces, one for each rank.
fn cut(lines: &[&[u8]], rank: usize, splitters: &[u8], size: usize) -> Vec<Vec<u8>> {
    let mut pieces = Vec::with_capacity(size);
    let mut begin = 0;
    for splitter in parts::lines(splitters).filter_map(Place::decode) {
        let end = first_behind(lines, rank, &splitter).max(begin);
        pieces.push(join(&lines[begin..end]));
        begin = end;
    }
    pieces.push(join(&lines[begin..]));
    pieces.resize(size, Vec::new());
    pieces
}

/// The first of the sorted lines that does not stand before the splitter.
fn first_behind(lines: &[&[u8]], rank: usize, splitter: &Place<'_>) -> usize {
    let (mut low, mut high) = (0, lines.len());
    while low < high {
        let at = low + (high - low) / 2;
        if (Place { line: lines[at], rank, at }).compare(splitter) == Ordering::Less {
            low = at + 1;
        } else {
            high = at;
        }
    }
    low
}

/// Merges neighbours until one is left: each line is compared ceil(log2 n) times at most.
fn merge_all(mut runs: Vec<Vec<&[u8]>>) -> Vec<&[u8]> {
    while runs.len() > 1 {
        runs = runs
            .chunks(2)
            .map(|pair| match pair {
                [one, other] => merge(one.iter().copied(), other.iter().copied()),
                _ => pair.concat(),
            })
            .collect();
    }
    runs.pop().unwrap_or_default()
}
// END SOLUTION
