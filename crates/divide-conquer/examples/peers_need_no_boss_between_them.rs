//! Claim: neighbours that talk directly need four rounds whatever the size; through a boss it takes more with each rank.
//!
//! Every rank wants the word of both its neighbours. Through rank 0: it takes a word from each, and sends two to each. Peer to
//! peer: two sends and two receives for everybody, all at the same time.
//!
//! Usage: cargo run -q -p divide-conquer --example peers_need_no_boss_between_them
//! See also: `src/ring.rs`

use anyhow::{Result, ensure};
use divide_conquer::world::{self, Rank};

fn main() -> Result<()> {
    for size in [3, 4, 8, 16, 32] {
        let (boss, peers) = (rounds(size, through_the_boss)?, rounds(size, peer_to_peer)?);
        println!("{size:>2} ranks: through a boss {boss:>2} rounds, peer to peer {peers}");
    }
    Ok(())
}

/// The last round; each rank must have the sum of its neighbours' numbers.
fn rounds(size: usize, swap: fn(&mut Rank) -> Result<i64>) -> Result<u32> {
    let reports = world::run(size, swap)?;
    for (number, report) in reports.iter().enumerate() {
        let sum = (number + size - 1) % size + (number + 1) % size;
        ensure!(report.result == i64::try_from(sum)?, "rank {number} has {}", report.result);
    }
    Ok(reports.iter().map(|report| report.round).max().unwrap_or(0))
}

fn peer_to_peer(rank: &mut Rank) -> Result<i64> {
    let (number, size) = (rank.number(), rank.size());
    let neighbours = [(number + size - 1) % size, (number + 1) % size];
    for to in neighbours {
        rank.send(to, i64::try_from(number)?)?;
    }
    neighbours.into_iter().map(|from| rank.receive(from)).sum()
}

fn through_the_boss(rank: &mut Rank) -> Result<i64> {
    let (number, size) = (rank.number(), rank.size());
    if number > 0 {
        rank.send(0, i64::try_from(number)?)?;
        return Ok(rank.receive(0)? + rank.receive(0)?);
    }
    let mut words = vec![0; size];
    for _ in 1..size {
        let (from, word) = rank.receive_any()?;
        words[from] = word;
    }
    for to in 1..size {
        rank.send(to, words[to - 1])?;
        rank.send(to, words[(to + 1) % size])?;
    }
    Ok(words[size - 1] + words[1])
}
