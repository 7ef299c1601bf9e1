//! Claim: without any barrier neighbours are never more than one generation apart: the halo itself synchronises.
//!
//! Seven ranks, and rank 0 is held before its first swap. Its neighbours finish no generation, their neighbours one, the next
//! two: as many as the distance less one. Then it goes, and all come to the end.
//!
//! Usage: cargo run -q -p divide-conquer --example a_held_rank_holds_the_others_one_by_one
//! See also: `src/ring.rs`

use anyhow::{Result, ensure};
use divide_conquer::asleep;
use divide_conquer::mailbox::{Mailbox, Message};
use divide_conquer::mapping::Shared;
use divide_conquer::ring;
use std::sync::atomic::Ordering;

const RANKS: usize = 7;
const GENERATIONS: i64 = 10;

fn main() -> Result<()> {
    let (done, gate) = (Shared::new(RANKS)?, Mailbox::new()?);
    let counts = || -> Vec<i64> { done.numbers().iter().map(|one| one.load(Ordering::SeqCst)).collect() };
    let ranks = ring::start(RANKS, |number, neighbours| {
        if number == 0 {
            gate.take()?;
        }
        for _ in 0..GENERATIONS {
            let rows = neighbours.exchange(0, 0)?;
            ensure!(rows.is_some(), "a neighbour has gone");
            done.numbers()[number].fetch_add(1, Ordering::SeqCst);
        }
        Ok(0)
    })?;
    // A rank may sleep for a moment on the way, so each is watched until it has come as far as it can.
    for (rank, most) in [0, 0, 1, 2, 2, 1, 0].into_iter().enumerate() {
        while done.numbers()[rank].load(Ordering::SeqCst) < most {
            std::thread::yield_now();
        }
        asleep::until_in(ranks.pid(rank), libc::SYS_read)?;
        ensure!(asleep::sockets(ranks.pid(rank))? == 2, "a rank knows two neighbours, and nobody else");
    }
    println!("rank 0 is held; generations of each rank: {:?}", counts());
    gate.put(Message { from: 0, round: 0, word: 0 })?;
    ranks.join()?;
    println!("rank 0 goes; generations of each rank: {:?}", counts());
    Ok(())
}
