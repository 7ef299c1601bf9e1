//! Claim: where each rank holds its own sockets only, a death is seen as an end of file, and goes round the ring.
//!
//! Five ranks compute a life of a million generations. Rank 2 is killed. Its neighbours read an end, or get EPIPE, and leave;
//! so do their neighbours. The boss names the one that did not leave by itself.
//!
//! Usage: cargo run -q -p divide-conquer --example a_dead_rank_ends_the_whole_ring
//! See also: `unix(7)` (ECONNRESET), `signal(7)` (SIGPIPE)

use anyhow::{Context, Result};
use divide_conquer::board::Board;
use divide_conquer::life::{Halo, Life};

fn main() -> Result<()> {
    let board = Board::with("acorn", 20).context("there is an acorn, and it fits")?;
    let mut life = Life::start(&board, 5, 1_000_000, Halo::Swapped)?;
    for generation in 1..=3 {
        println!("generation {generation}: {} cells live", life.next_generation()?.alive());
    }
    let pids: Vec<_> = (0..5).map(|rank| life.crew().pid(rank)).collect();
    life.crew().kill(2)?;
    // What was computed before the death is still in the pipes.
    let error = loop {
        if let Err(error) = life.next_generation() {
            break error;
        }
    };
    println!("then: {error}");
    let left = pids.iter().filter(|pid| std::fs::exists(format!("/proc/{pid}")).unwrap_or(true)).count();
    println!("processes left: {left}");
    Ok(())
}
