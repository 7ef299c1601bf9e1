//! Claim: a broadcast needs N - 1 messages in any case; by a tree it takes log2 N rounds instead of N - 1.
//!
//! Each message carries the round in which it was sent, and nobody sends or takes two in a round. So the last round is
//! counted by the ranks themselves, from what really depends on what.
//!
//! Usage: cargo run -q -p divide-conquer --example a_broadcast_by_tree_takes_log2_rounds
//! See also: `src/schedule.rs`

use anyhow::{Result, ensure};
use divide_conquer::schedule::{self, Step};
use divide_conquer::{collective, world};

fn main() -> Result<()> {
    print!("{}", schedule::text(&schedule::tree(8)));
    for size in [1, 2, 3, 5, 8, 16, 33] {
        let (line, tree) = (spread(size, &schedule::line(size))?, spread(size, &schedule::tree(size))?);
        println!(
            "{size:>2} ranks: line {:>2} messages, {:>2} rounds; tree {:>2} messages, {} rounds",
            line.0, line.1, tree.0, tree.1
        );
    }
    Ok(())
}

/// How many messages were sent, and in which round the last one arrived.
fn spread(size: usize, steps: &[Step]) -> Result<(u32, u32)> {
    let reports = world::run(size, |rank| {
        let word = if rank.number() == 0 { 42 } else { 0 };
        collective::broadcast(rank, steps, word)
    })?;
    ensure!(reports.iter().all(|report| report.result == 42), "everybody knows it: {reports:?}");
    let rounds = reports.iter().map(|report| report.round).max().unwrap_or(0);
    Ok((reports.iter().map(|report| report.sent).sum(), rounds))
}
