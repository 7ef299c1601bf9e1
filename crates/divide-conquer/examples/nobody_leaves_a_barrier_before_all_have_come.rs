//! Claim: a barrier lets nobody through before the last one has come; then it lets all through.
//!
//! Rank 3 is held before the barrier. The three others sleep, and none has passed. Then rank 3 goes. After that 200 barriers
//! follow, and at each one every rank looks whether somebody has not come yet.
//!
//! Usage: cargo run -q -p divide-conquer --example nobody_leaves_a_barrier_before_all_have_come
//! See also: `src/collective.rs`

use anyhow::Result;
use divide_conquer::mapping::Shared;
use divide_conquer::world::{Rank, World};
use divide_conquer::{asleep, collective};
use std::sync::atomic::{AtomicI64, Ordering};

const BARRIERS: i64 = 200;

fn main() -> Result<()> {
    let (came, passed) = (Shared::new(4)?, Shared::new(1)?);
    let world = World::start(4, |rank| {
        if rank.number() == 3 {
            rank.receive(3)?; // The gate.
        }
        collective::barrier(rank)?;
        passed.numbers()[0].fetch_add(1, Ordering::SeqCst);
        (1..=BARRIERS).map(|turn| early(rank, came.numbers(), turn)).sum()
    })?;
    for rank in 0..4 {
        asleep::until_in(world.crew().pid(rank), libc::SYS_read)?;
    }
    println!("rank 3 held, all sleep in read; passed: {}", passed.numbers()[0].load(Ordering::SeqCst));
    world.post(3, 3, 0)?;
    let reports = world.finish()?;
    println!("rank 3 came; passed: {}", passed.numbers()[0].load(Ordering::SeqCst));
    let early: i64 = reports.iter().map(|report| report.result).sum();
    println!("{BARRIERS} barriers more: passed before somebody had come: {early}");
    Ok(())
}

/// How many others had not come to this barrier when it let us through.
fn early(rank: &mut Rank, came: &[AtomicI64], turn: i64) -> Result<i64> {
    came[rank.number()].store(turn, Ordering::SeqCst);
    collective::barrier(rank)?;
    Ok(came.iter().map(|one| i64::from(one.load(Ordering::SeqCst) < turn)).sum())
}
