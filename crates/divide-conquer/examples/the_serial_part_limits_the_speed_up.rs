//! Claim: what is not divided limits the speed-up, however many processes there are (Amdahl).
//!
//! The job: build a list of 4000 numbers (rank 0 alone, 4000 units of work), then test each of them (36000 units, cut into
//! parts). Each rank counts what it really does and sends the count. 10 % is serial: never more than 10 times.
//!
//! Usage: cargo run -q -p divide-conquer --example the_serial_part_limits_the_speed_up
//! See also: Amdahl 1967

use anyhow::Result;
use divide_conquer::cut;
use divide_conquer::world::{self, Rank};

const NUMBERS: usize = 4000;
const TESTS: i64 = 9;

fn main() -> Result<()> {
    let total = i64::try_from(NUMBERS)? * (1 + TESTS);
    for size in [1, 2, 4, 16, 64, 250] {
        let reports = world::run(size, work)?;
        let serial = i64::try_from(NUMBERS)?;
        // Rank 0 builds while the others wait; then the busiest decides.
        let parallel = reports.iter().map(|report| report.result - if report.sent > 0 { serial } else { 0 });
        let critical = serial + parallel.max().unwrap_or(0);
        let all: i64 = reports.iter().map(|report| report.result).sum();
        assert_eq!(all, total, "the same work, whoever does it");
        println!("{size:>3} ranks: {}.{:02} times", total / critical, total % critical * 100 / critical);
    }
    println!("limit: {} times", total / i64::try_from(NUMBERS)?);
    Ok(())
}

/// The units of work of this rank. Rank 0 marks itself by the message it sends, to itself too.
fn work(rank: &mut Rank) -> Result<i64> {
    let mut units = 0;
    if rank.number() == 0 {
        let numbers: Vec<usize> = (0..NUMBERS).inspect(|_| units += 1).collect();
        for to in 0..rank.size() {
            rank.send(to, i64::try_from(numbers.len())?)?;
        }
    }
    let numbers = usize::try_from(rank.receive(0)?)?;
    for number in cut::part(numbers, rank.size(), rank.number()) {
        for divisor in 2..2 + TESTS {
            std::hint::black_box(i64::try_from(number)? % divisor);
            units += 1;
        }
    }
    Ok(units)
}
