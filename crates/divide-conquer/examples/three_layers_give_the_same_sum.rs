//! Claim: the three-layered cake: ranks, threads in each rank, lanes in each thread; each layer gives the same sum.
//!
//! 100003 bytes are summed one by one, then in lanes, in threads, in ranks, and in all three at once. Additions are counted:
//! lanes save work, threads and ranks only share it. Sums of integers are equal in any order; floats would not be.
//!
//! Usage: cargo run -q -p divide-conquer --example three_layers_give_the_same_sum
//! See also: `src/cake.rs`; Intel 64 manual, PADDQ

use anyhow::Result;
use divide_conquer::world::{self, Rank};
use divide_conquer::{cake, cut};

const BILLION: i64 = 1_000_000_000;

fn main() -> Result<()> {
    let bytes: Vec<u8> = (0..100_003_u32).map(|index| ((index % 4001).pow(2) >> 3 & 0xff) as u8).collect();
    tell("one by one", 1, cake::plain(&bytes));
    tell("lanes", 1, cake::lanes(&bytes));
    tell("3 threads, lanes", 3, cake::threads(&bytes, 3));
    tell("2 ranks, 3 threads, lanes", 6, ranks(&bytes, 2)?);
    tell("5 ranks, 3 threads, lanes", 15, ranks(&bytes, 5)?);
    Ok(())
}

/// Each rank has the bytes by fork. Both its counts fit into one word.
fn ranks(bytes: &[u8], size: usize) -> Result<(u64, u64)> {
    let reports = world::run(size, |rank: &mut Rank| {
        let (sum, additions) = cake::threads(&bytes[cut::part(bytes.len(), size, rank.number())], 3);
        Ok(BILLION * i64::try_from(additions)? + i64::try_from(sum)?)
    })?;
    let sum = reports.iter().map(|report| (report.result % BILLION).cast_unsigned()).sum();
    Ok((sum, reports.iter().map(|report| (report.result / BILLION).cast_unsigned()).sum()))
}

fn tell(name: &str, workers: u64, (sum, additions): (u64, u64)) {
    println!(
        "{name:<25}: sum {sum}, {additions:>6} additions, {:>6} for each of {workers}",
        additions / workers
    );
}
