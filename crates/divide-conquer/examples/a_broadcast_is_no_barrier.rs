//! Claim: a collective must be called by all; who does not call it keeps some of the others waiting, and some not.
//!
//! Six ranks, a broadcast by tree, and rank 1 does not take part. It would have told ranks 3 and 5: they sleep for ever. The
//! others have returned, so the end of a broadcast says nothing about the others. Only a barrier does.
//!
//! Usage: cargo run -q -p divide-conquer --example a_broadcast_is_no_barrier
//! See also: `src/schedule.rs`

use anyhow::Result;
use divide_conquer::world::World;
use divide_conquer::{asleep, collective, schedule};

fn main() -> Result<()> {
    let tree = schedule::tree(6);
    print!("{}", schedule::text(&tree));
    let world = World::start(6, |rank| {
        if rank.number() == 1 {
            return Ok(-1); // A return too early, by an `if` or by an error.
        }
        collective::broadcast(rank, &tree, if rank.number() == 0 { 42 } else { 0 })
    })?;
    for rank in 0..6 {
        let pid = world.crew().pid(rank);
        if [3, 5].contains(&rank) {
            asleep::until_in(pid, libc::SYS_read)?;
            println!("rank {rank} sleeps in read");
        } else {
            asleep::until_ended(pid)?;
            println!("rank {rank} has ended");
        }
    }
    world.post(1, 3, 7)?;
    world.post(1, 5, 7)?;
    let words: Vec<i64> = world.finish()?.iter().map(|report| report.result).collect();
    println!("after messages in rank 1's name: {words:?}");
    Ok(())
}
