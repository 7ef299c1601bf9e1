//! Claim: where every rank can write into every mailbox, the death of one is noticed by none of the others.
//!
//! Ranks 0 and 2 wait for a word of rank 1, which is killed. Their pipes have no end of file: everybody still holds a write
//! end, they themselves too. Only the parent is told, by SIGCHLD and `waitpid`; it has to end the others.
//!
//! Usage: cargo run -q -p divide-conquer --example among_mailboxes_a_death_is_not_noticed
//! See also: `pipe(7)`, `waitpid(2)`

use anyhow::Result;
use divide_conquer::asleep;
use divide_conquer::world::World;

fn main() -> Result<()> {
    let world = World::start(3, |rank| rank.receive(1))?;
    let pid = |rank| world.crew().pid(rank);
    for rank in 0..3 {
        asleep::until_in(pid(rank), libc::SYS_read)?;
    }
    world.crew().kill(1)?;
    asleep::until_ended(pid(1))?;
    println!("rank 1 is dead");
    for rank in [0, 2] {
        asleep::until_in(pid(rank), libc::SYS_read)?;
        println!("rank {rank} still waits for it");
    }
    let pids = [pid(0), pid(2)];
    drop(world); // What a launcher must do: end the others by force, and wait for them.
    let left = pids.iter().filter(|pid| asleep::state(**pid).is_ok()).count();
    println!("ended by force; left: {left}");
    Ok(())
}
