//! Claim: two ranks that both receive first wait for ever: each would send what the other waits for.
//!
//! No buffer is full and no message is lost: nothing was ever sent. A message from outside breaks the circle here. In real
//! life nobody comes, and it hangs every time, on every machine.
//!
//! Usage: cargo run -q -p divide-conquer --example two_receives_wait_for_each_other
//! See also: `proc_pid_syscall(5)`; `cargo xtask autopsy PID` finds such circles

use anyhow::Result;
use divide_conquer::asleep;
use divide_conquer::world::{Rank, World};

fn main() -> Result<()> {
    let world = World::start(2, |rank: &mut Rank| {
        let other = 1 - rank.number();
        let word = rank.receive(other)?;
        rank.send(other, word + 1)?;
        Ok(word)
    })?;
    for rank in 0..2 {
        asleep::until_in(world.crew().pid(rank), libc::SYS_read)?;
        println!("rank {rank} sleeps in read");
    }
    world.post(1, 0, 10)?;
    let words: Vec<i64> = world.finish()?.iter().map(|report| report.result).collect();
    println!("after a message from outside: rank 0 got {}, rank 1 got {}", words[0], words[1]);
    Ok(())
}
