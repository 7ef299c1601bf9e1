//! Claim: in a ring it is enough that one rank receives first; "even ones send, odd ones receive" lets half of them go at once.
//!
//! Each of five ranks passes 1 MiB to the next. If all send first, all sleep in write: a circle of five. One that receives
//! first breaks it, but then one goes after the other. By parity it also works with an odd number: two neighbours that both
//! send first are no circle.
//!
//! Usage: cargo run -q -p divide-conquer --example even_ranks_send_first_odd_ranks_receive_first
//! See also: `pipe(7)` (Pipe capacity)

use anyhow::{Context, Result};
use divide_conquer::asleep;
use divide_conquer::crew::Crew;
use std::fs::File;
use std::io::Read;

const RANKS: usize = 5;
const BYTES: usize = 1 << 20;

fn main() -> Result<()> {
    let ranks = pass_on(|_| true)?;
    for rank in 0..RANKS {
        asleep::until_in(ranks.pid(rank), libc::SYS_write)?;
    }
    println!("all send first: {RANKS} of {RANKS} sleep in write");
    drop(ranks); // Ends them by force.
    pass_on(|number| number != 0)?.join()?;
    println!("rank 0 receives first: all have ended");
    pass_on(|number| number % 2 == 0)?.join()?;
    println!("even ranks send first: all have ended");
    Ok(())
}

/// Pipe i leads from rank i to the next.
fn pass_on(sends_first: fn(usize) -> bool) -> Result<Crew> {
    let pipes =
        (0..RANKS).map(|_| ipc_kit::pipe()).collect::<nix::Result<Vec<_>>>().context("make the pipes")?;
    let (readers, writers): (Vec<_>, Vec<_>) = pipes.into_iter().unzip();
    let readers: Vec<File> = readers.into_iter().map(File::from).collect();
    Crew::start(RANKS, |number| {
        let send = || ipc_kit::write_all(&writers[number], &vec![b'x'; BYTES]).context("send");
        let mut from = &readers[(number + RANKS - 1) % RANKS];
        if sends_first(number) {
            send()?;
        }
        from.read_exact(&mut vec![0; BYTES]).context("receive")?;
        if !sends_first(number) {
            send()?;
        }
        Ok(0)
    })
}
