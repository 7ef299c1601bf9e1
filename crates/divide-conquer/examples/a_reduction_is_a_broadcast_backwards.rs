//! Claim: the timetable of a broadcast, read backwards with each arrow turned, collects: as many messages, as many rounds.
//!
//! Each rank gives its number plus one, and its square. Rank 0 gets the sum of the first and the largest of the second. The
//! operation must be associative; then the tree may set the brackets as it likes.
//!
//! Usage: cargo run -q -p divide-conquer --example a_reduction_is_a_broadcast_backwards
//! See also: `src/collective.rs`

use anyhow::Result;
use divide_conquer::world::Report;
use divide_conquer::{collective, schedule, world};

fn main() -> Result<()> {
    for size in [1, 2, 5, 8, 13] {
        let (line, tree) = (schedule::line(size), schedule::tree(size));
        let by_line = world::run(size, |rank| {
            let word = i64::try_from(rank.number())? + 1;
            collective::reduce(rank, &line, word, |a, b| a + b)
        })?;
        let by_tree = world::run(size, |rank| {
            let word = i64::try_from(rank.number())? + 1;
            collective::reduce(rank, &tree, word, |a, b| a + b)
        })?;
        let largest = world::run(size, |rank| {
            let word = i64::try_from(rank.number())?.pow(2);
            collective::reduce(rank, &tree, word, i64::max)
        })?;
        println!(
            "{size:>2} ranks: sum {} by line in {} rounds, {} by tree in {}; largest {}",
            by_line[0].result,
            rounds(&by_line),
            by_tree[0].result,
            rounds(&by_tree),
            largest[0].result
        );
    }
    Ok(())
}

fn rounds(reports: &[Report]) -> u32 {
    reports.iter().map(|report| report.round).max().unwrap_or(0)
}
