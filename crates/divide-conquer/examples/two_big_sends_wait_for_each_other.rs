//! Claim: two ranks that both send first are fine with small messages, and wait for ever with big ones.
//!
//! The socket's buffer takes the small message, so send returns before anybody receives. 8 MiB do not fit: each sleeps in
//! write until the other reads, and the other does the same. Tests with small data do not find this bug.
//!
//! Usage: cargo run -q -p divide-conquer --example two_big_sends_wait_for_each_other
//! See also: `unix(7)` (SO_SNDBUF), `socket(7)`

use anyhow::{Context, Result};
use divide_conquer::asleep;
use divide_conquer::crew::Crew;
use divide_conquer::ring;
use std::fs::File;
use std::io::Read;

fn main() -> Result<()> {
    both(1000)?.join()?;
    println!("1000 bytes each way, both send first: both have ended");
    let ranks = both(8 << 20)?;
    for rank in 0..2 {
        asleep::until_in(ranks.pid(rank), libc::SYS_write)?;
        println!("8 MiB each way, both send first: rank {rank} sleeps in write");
    }
    drop(ranks); // Ends them by force.
    order(8 << 20, |number| number == 0)?.join()?;
    println!("8 MiB each way, rank 1 receives first: both have ended");
    Ok(())
}

fn both(bytes: usize) -> Result<Crew> {
    order(bytes, |_| true)
}

/// Two ranks that swap so many bytes; `sends_first` says who of them sends before it receives.
fn order(bytes: usize, sends_first: fn(usize) -> bool) -> Result<Crew> {
    let (left, right) = ring::pair()?;
    let ends = [File::from(left), File::from(right)];
    Crew::start(2, |number| {
        let mut end: &File = &ends[number];
        let send = || ipc_kit::write_all(&ends[number], &vec![b'x'; bytes]).context("send");
        if sends_first(number) {
            send()?;
            end.read_exact(&mut vec![0; bytes]).context("receive")?;
        } else {
            end.read_exact(&mut vec![0; bytes]).context("receive")?;
            send()?;
        }
        Ok(0)
    })
}
