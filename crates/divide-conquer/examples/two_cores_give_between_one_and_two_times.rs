//! Claim: two processes on two cores are between one and two times as fast as one; where in between, the cut decides.
//!
//! No clock is asked: a division is one unit of work. The time of all is the work of the busiest, so the speed-up is total
//! work by the largest share. The primes below 20000 are counted in two halves, or every second odd number each, or all by
//! one.
//!
//! Usage: cargo run -q -p divide-conquer --example two_cores_give_between_one_and_two_times
//! See also: Amdahl 1967; `src/primes.rs`

use anyhow::Result;
use divide_conquer::primes;
use divide_conquer::world::{self, Rank};

const LAST: u64 = 20_000;

fn main() -> Result<()> {
    let (primes, total) = primes::count(0..LAST);
    println!("serial: {primes} primes, {total} divisions");
    two("one does all", total, |rank| primes::count(0..if rank == 0 { LAST } else { 0 }))?;
    two("two halves", total, |rank| primes::count(LAST / 2 * rank..LAST / 2 * (rank + 1)))?;
    // Odd numbers are the work; dealt one by one both get small and large ones.
    two("dealt like cards", total, |rank| primes::count((0..LAST).filter(|number| number / 2 % 2 == rank)))
}

/// The word that comes back holds both counts: fewer than a million primes.
fn two(cut: &str, total: u64, part: impl Fn(u64) -> (u64, u64)) -> Result<()> {
    const MILLION: u64 = 1_000_000;
    let body = |rank: &mut Rank| {
        let (primes, divisions) = part(u64::try_from(rank.number())?);
        Ok(i64::try_from(divisions * MILLION + primes)?)
    };
    let words: Vec<u64> = world::run(2, body)?.iter().map(|report| report.result.cast_unsigned()).collect();
    let primes: u64 = words.iter().map(|word| word % MILLION).sum();
    let work: Vec<u64> = words.iter().map(|word| word / MILLION).collect();
    let busiest = work[0].max(work[1]);
    assert_eq!(work[0] + work[1], total, "nothing is done twice, and nothing left out");
    println!(
        "{cut}: {primes} primes, {work:?} divisions: {}.{:02} times",
        total / busiest,
        total % busiest * 100 / busiest
    );
    Ok(())
}
