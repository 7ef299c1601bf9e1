//! `dnc psort`: sorts the lines of a file by ranks, so that no rank has much more to do than another.
//!
//! Regular sampling. Lines with equal keys differ by their *place*: the rank that had them, and where they stood in its
//! sorted share. So no two lines are equal, splitters cut a run of equal keys, too, and order is kept.

use std::cmp::Ordering;
use std::fs;
use std::path::Path;

use crate::failure::Failure;
use crate::mpi::{Tag, World};
use crate::order::{self, Line};
use crate::{output, parts, work};

/// Tag of the lines that one rank has for another.
const LINES: Tag = 0;

/// Prints the lines of `file`, sorted by their keys. Each rank calls it.
///
/// # Errors
/// When the file cannot be read.
pub fn run(file: &Path) -> Result<(), Failure> {
    let mut world = World::from_environment()?;
    let share = share_out(&mut world, file)?;
    work::begin()?;
    let lines: Vec<Line> = parts::lines(&share).collect();
    let lines = order::sorted(&lines);

    let splitters = splitters(&mut world, &lines)?;
    let pieces = exchange(&mut world, &lines, &splitters)?;
    let lists = pieces.iter().map(|piece| parts::lines(piece).collect()).collect();
    let merged = order::text(&order::merge_all(lists));
    work::report(&format!("rank {}", world.rank()));
    match world.gather(0, merged)? {
        Some(all) => output::print_bytes(&all.concat()),
        None => Ok(()),
    }
}

/// Rank 0 reads the file, and each rank gets its share of the lines.
fn share_out(world: &mut World, file: &Path) -> Result<Vec<u8>, Failure> {
    let mut shares = Vec::new();
    if world.rank() == 0 {
        let text = fs::read(file).map_err(|error| Failure::io(file.display().to_string(), &error))?;
        let lines: Vec<Line> = parts::lines(&text).collect();
        let n = world.size();
        shares = (0..n).map(|rank| order::text(&lines[parts::share(lines.len(), rank, n)])).collect();
    }
    world.scatter(0, shares)
}

/// A key, and where a line with it stood: no two are equal.
#[derive(Debug, Clone)]
struct Sample {
    key: Vec<u8>,
    rank: usize,
    place: usize,
}

impl Sample {
    /// Whether this line comes before that one.
    fn is_before(&self, key: &[u8], rank: usize, place: usize) -> bool {
        work::compare(&self.key, key).then((self.rank, self.place).cmp(&(rank, place))) == Ordering::Less
    }

    fn encode(samples: &[Sample]) -> Vec<u8> {
        let text = samples
            .iter()
            .map(|one| [format!("{} {} ", one.rank, one.place).as_bytes(), &one.key, b"\n"].concat());
        text.collect::<Vec<_>>().concat()
    }

    fn decode(text: &[u8]) -> Option<Vec<Sample>> {
        let one = |line: &[u8]| {
            let mut words = line.splitn(3, |&byte| byte == b' ');
            let mut number = || std::str::from_utf8(words.next()?).ok()?.parse().ok();
            let (rank, place) = (number()?, number()?);
            Some(Sample { key: words.next()?.to_vec(), rank, place })
        };
        parts::lines(text).map(one).collect()
    }
}

/// Keys that cut all lines into pieces of nearly the same length; one less than there are ranks.
fn splitters(world: &mut World, lines: &[Line]) -> Result<Vec<Sample>, Failure> {
    let (rank, n) = (world.rank(), world.size());
    // With fewer lines than ranks the same line would be told twice.
    let count = n.min(lines.len());
    let samples: Vec<Sample> = (0..count)
        .map(|i| i * lines.len() / count)
        .map(|place| Sample { key: key(lines[place]).to_vec(), rank, place })
        .collect();
    let malformed = || Failure::new("psort", "a malformed sample");
    let chosen = match world.gather(0, Sample::encode(&samples))? {
        None => Vec::new(),
        Some(all) => {
            let lists: Option<Vec<_>> = all.iter().map(|text| Sample::decode(text)).collect();
            choose(merged(lists.ok_or_else(malformed)?), n)
        }
    };
    let chosen = world.bcast(0, Sample::encode(&chosen))?;
    Sample::decode(&chosen).ok_or_else(malformed)
}

/// Every n-th of all samples, from the middle of the second n on: then no piece has many more than twice the lines of a
/// share.
fn choose(samples: Vec<Sample>, n: usize) -> Vec<Sample> {
    let count = samples.len();
    (1..n).filter_map(|k| samples.get((k * count + count / 2) / n).cloned()).collect()
}

/// Sorted lists of samples as one, pairwise.
fn merged(mut lists: Vec<Vec<Sample>>) -> Vec<Sample> {
    while lists.len() > 1 {
        let mut halved = Vec::new();
        let mut lists_left = lists.into_iter();
        while let Some(left) = lists_left.next() {
            halved.push(merge_two(left, lists_left.next().unwrap_or_default()));
        }
        lists = halved;
    }
    lists.pop().unwrap_or_default()
}

fn merge_two(left: Vec<Sample>, right: Vec<Sample>) -> Vec<Sample> {
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let mut left = left.into_iter().peekable();
    for sample in right {
        while let Some(before) = left.next_if(|one| one.is_before(&sample.key, sample.rank, sample.place)) {
            merged.push(before);
        }
        merged.push(sample);
    }
    merged.extend(left);
    merged
}

/// Sends each rank the lines between its splitters, and gives what all have for this one, in the order of the ranks.
fn exchange(world: &mut World, lines: &[Line], splitters: &[Sample]) -> Result<Vec<Vec<u8>>, Failure> {
    let (rank, n) = (world.rank(), world.size());
    let numbered: Vec<(usize, Line)> = lines.iter().copied().enumerate().collect();
    let mut cuts = vec![0];
    for splitter in splitters {
        // Up to the splitter itself: `is_before` is false for it.
        cuts.push(numbered.partition_point(|&(place, line)| !splitter.is_before(line, rank, place)));
    }
    // Fewer samples than ranks give fewer splitters: the last ranks get nothing.
    cuts.resize(n + 1, lines.len());
    cuts[n] = lines.len();
    let piece = |to: usize| order::text(&lines[cuts[to]..cuts[to + 1]]);
    // Everybody begins with somebody else.
    for to in (1..n).map(|step| (rank + step) % n) {
        world.send(to, LINES, &piece(to))?;
    }
    (0..n)
        .map(|from| match from == rank {
            true => Ok(piece(rank)),
            false => world.receive(Some(from), Some(LINES)).map(|message| message.bytes),
        })
        .collect()
}

fn key(line: Line<'_>) -> &[u8] {
    line.split(|&byte| byte == b'\t').next().unwrap_or_default()
}
