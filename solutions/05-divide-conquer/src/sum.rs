//! `dnc sum`: adds the numbers of a file, in processes.

use std::path::Path;

use crate::failure::Failure;
// BEGIN SOLUTION
use crate::child::Child;
use crate::output::print;
use crate::{parts, work};

/// What is known of a part.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    total: i128,
    lines: u64,
    /// The first line that is no number, from 1, counted within the part.
    bad: Option<u64>,
}

impl Sum {
    fn of(part: &[u8]) -> Sum {
        let mut sum = Sum::default();
        for line in parts::lines(part) {
            sum.lines += 1;
            match work::number(line) {
                Some(number) => sum.total += i128::from(number),
                None => {
                    sum.bad = Some(sum.lines);
                    break;
                }
            }
        }
        sum
    }

    fn encode(self) -> Vec<u8> {
        format!("{} {} {}", self.total, self.lines, self.bad.unwrap_or(0)).into_bytes()
    }

    fn decode(bytes: &[u8]) -> Option<Sum> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut words = text.split(' ');
        let total = words.next()?.parse().ok()?;
        let lines = words.next()?.parse().ok()?;
        let bad = Some(words.next()?.parse().ok()?).filter(|&bad| bad > 0);
        Some(Sum { total, lines, bad })
    }
}

/// Does the share of part `k`.
fn work_on(k: usize, part: &[u8]) -> Result<Sum, Failure> {
    work::begin()?;
    let sum = Sum::of(part);
    work::report(&format!("part {k}"));
    Ok(sum)
}
// END SOLUTION

/// Prints the sum of the numbers in `file`, found by `n` processes: this one and its children.
///
/// # Errors
/// When the file cannot be read, a line is no number, or a part is lost.
pub fn run(file: &Path, n: usize) -> Result<(), Failure> {
    // BEGIN SOLUTION
    let name = file.display().to_string();
    let text = std::fs::read(file).map_err(|error| Failure::io(&name, &error))?;
    let parts = parts::cut(&text, n);
    let mut sums = Vec::with_capacity(n);
    let mut children = Vec::new();
    for (k, part) in (1..).zip(&parts[1..]) {
        if part.is_empty() {
            continue;
        }
        let started = Child::start(k, || work_on(k, part).map(Sum::encode));
        match started {
            Ok(child) => children.push(child),
            Err(failure) => {
                // They have nobody to work for any more, but are not left alone.
                children.into_iter().for_each(|child| drop(child.finish()));
                return Err(failure);
            }
        }
    }
    sums.push(work_on(0, parts[0]));
    sums.extend(children.into_iter().map(|child| {
        Sum::decode(&child.finish()?).ok_or_else(|| Failure::new("part", "a result that cannot be read"))
    }));
    // All children are reaped before the first failure is told.
    let sums: Vec<Sum> = sums.into_iter().collect::<Result<_, _>>()?;
    print(&format!("{}\n", total(&name, &sums)?))
    // END SOLUTION
    // STUB: todo!("M1: add the numbers in two processes; M2: in n")
}
// BEGIN SOLUTION

/// The sum of all parts. The first bad line of the file is the first one of the first part that has one.
fn total(name: &str, sums: &[Sum]) -> Result<i128, Failure> {
    let mut lines = 0;
    for sum in sums {
        if let Some(bad) = sum.bad {
            return Err(Failure::malformed(name, lines + bad, "not a number"));
        }
        lines += sum.lines;
    }
    Ok(sums.iter().map(|sum| sum.total).sum())
}
// END SOLUTION
