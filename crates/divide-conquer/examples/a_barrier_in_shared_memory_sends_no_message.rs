//! Claim: processes can meet at a barrier in shared memory: no message, and exactly one of them is told to do the rest.
//!
//! Three ranks meet; the last one is held at a gate first, and the others sleep in futex. Then 500 meetings: at each one
//! somebody is chosen, and nobody passes too early.
//!
//! Usage: cargo run -q -p divide-conquer --example a_barrier_in_shared_memory_sends_no_message
//! See also: `pthread_barrier_wait(3)`, `pthread_barrierattr_setpshared(3)`, `futex(2)`

use anyhow::Result;
use divide_conquer::asleep;
use divide_conquer::barrier::SharedBarrier;
use divide_conquer::crew::Crew;
use divide_conquer::mailbox::{Mailbox, Message};
use divide_conquer::mapping::Shared;
use std::sync::atomic::{AtomicI64, Ordering};

const RANKS: usize = 3;
const MEETINGS: i64 = 500;

fn main() -> Result<()> {
    let (barrier, gate) = (SharedBarrier::new(3)?, Mailbox::new()?);
    // A number for each rank: the meeting it came to. Then: how often one was chosen, how often one passed too early.
    let shared = Shared::new(RANKS + 2)?;
    let (came, counts) = shared.numbers().split_at(RANKS);
    let ranks = Crew::start(RANKS, |number| {
        if number == 2 {
            gate.take()?;
        }
        for meeting in 1..=MEETINGS {
            meet(&barrier, number, came, counts, meeting)?;
        }
        Ok(0)
    })?;
    for rank in 0..2 {
        asleep::until_in(ranks.pid(rank), libc::SYS_futex)?;
    }
    println!("rank 2 held: ranks 0 and 1 sleep in futex");
    gate.put(Message { from: 2, round: 0, word: 0 })?;
    ranks.join()?;
    println!("{MEETINGS} meetings: chosen {} times", counts[0].load(Ordering::SeqCst));
    println!("passed before somebody had come: {}", counts[1].load(Ordering::SeqCst));
    Ok(())
}

fn meet(
    barrier: &SharedBarrier,
    number: usize,
    came: &[AtomicI64],
    counts: &[AtomicI64],
    meeting: i64,
) -> Result<()> {
    came[number].store(meeting, Ordering::SeqCst);
    if barrier.wait()? {
        counts[0].fetch_add(1, Ordering::SeqCst);
    }
    let early = came.iter().filter(|one| one.load(Ordering::SeqCst) < meeting).count();
    counts[1].fetch_add(i64::try_from(early)?, Ordering::SeqCst);
    Ok(())
}
