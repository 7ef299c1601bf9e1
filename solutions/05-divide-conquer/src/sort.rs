//! `dnc sort`: sorts the lines of a file, in a tree of processes.

use std::path::Path;

use crate::failure::Failure;
// BEGIN SOLUTION
use std::cmp::Ordering;

use crate::child::Child;
use crate::output::print_bytes;
use crate::{parts, work};
// END SOLUTION

/// Prints the lines of `file`, sorted by their keys, found by `n` processes: this one and its descendants.
///
/// # Errors
/// When the file cannot be read, or a part is lost.
pub fn run(file: &Path, n: usize) -> Result<(), Failure> {
    // BEGIN SOLUTION
    let text = std::fs::read(file).map_err(|error| Failure::io(file.display().to_string(), &error))?;
    let lines: Vec<&[u8]> = parts::lines(&text).collect();
    let sorted = sort(lines, 0, n)?;
    work::report("part 0");
    print_bytes(&sorted)
    // END SOLUTION
    // STUB: todo!("M3: sort the lines in a tree of n processes")
}
// BEGIN SOLUTION

/// Sorts by `n` processes, which are the parts `k` to `k + n - 1`: this process takes the first half of the lines
/// with the first half of the processes, and a child the rest with the rest.
fn sort(lines: Vec<&[u8]>, k: usize, n: usize) -> Result<Vec<u8>, Failure> {
    // More processes than lines: the rest of them has nothing to do.
    let n = n.min(lines.len()).max(1);
    if n == 1 {
        return sort_alone(lines);
    }
    // The larger half for the child: what this process merges is then n + n/2 + n/4 + … parts, less than 2n.
    let own = n / 2;
    let (left, right) = lines.split_at(lines.len() * own / n);
    let child = Child::start(k + own, || {
        let sorted = sort(right.to_vec(), k + own, n - own);
        work::report(&format!("part {}", k + own));
        sorted
    })?;
    let left = sort(left.to_vec(), k, own);
    // The child is waited for in any case.
    let right = child.finish();
    Ok(merge(&left?, &right?))
}

fn sort_alone(mut lines: Vec<&[u8]>) -> Result<Vec<u8>, Failure> {
    work::begin()?;
    lines.sort_by(|one, other| work::compare(one, other));
    let mut sorted = Vec::with_capacity(lines.iter().map(|line| line.len() + 1).sum());
    lines.iter().for_each(|line| push(&mut sorted, line));
    Ok(sorted)
}

/// Of equal lines, those of `left` come first: they stood first in the file.
pub fn merge(left: &[u8], right: &[u8]) -> Vec<u8> {
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (parts::lines(left).peekable(), parts::lines(right).peekable());
    while let (Some(one), Some(other)) = (left.peek(), right.peek()) {
        let from = if work::compare(one, other) == Ordering::Greater { &mut right } else { &mut left };
        from.next().into_iter().for_each(|line| push(&mut merged, line));
    }
    left.chain(right).for_each(|line| push(&mut merged, line));
    merged
}

fn push(text: &mut Vec<u8>, line: &[u8]) {
    text.extend_from_slice(line);
    text.push(b'\n');
}
// END SOLUTION
