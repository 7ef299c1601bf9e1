//! `dnc sort`: sorts the lines of a file, in a tree of processes.

use std::path::Path;

use crate::failure::Failure;
// BEGIN SOLUTION
use std::cmp::Ordering;

use crate::child::Child;
use crate::output::print_lines;
use crate::{parts, work};
// END SOLUTION

/// Prints the lines of `file`, sorted by their keys, found by `n` processes: this one and its descendants.
///
/// # Errors
/// When the file cannot be read, or a part is lost.
pub fn run(file: &Path, n: usize) -> Result<(), Failure> {
    // BEGIN SOLUTION
    let text = std::fs::read(file).map_err(|error| Failure::io(file.display().to_string(), &error))?;
    let sorted = sort(&text, parts::count(&text), 0, n)?;
    work::report("part 0");
    print_lines(sorted)
    // END SOLUTION
    // STUB: todo!("M3: sort the lines in a tree of n processes")
}
// BEGIN SOLUTION

/// Sorts the `count` lines of `text` by `n` processes, which are the parts `k` to `k + n - 1`: this process takes the
/// first half of the lines with the first half of the processes, and a child the rest with the rest.
fn sort(text: &[u8], count: usize, k: usize, n: usize) -> Result<Vec<&[u8]>, Failure> {
    // More processes than lines: the rest of them has nothing to do.
    let n = n.min(count).max(1);
    if n == 1 {
        return sort_alone(text);
    }
    // The larger half for the child: what this process merges is then n + n/2 + n/4 + … parts, less than 2n.
    let own = n / 2;
    let lines = count * own / n;
    let (left, right) = text.split_at(parts::start_of(text, lines));
    let child = Child::start(k + own, || {
        let sorted = sort(right, count - lines, k + own, n - own);
        work::report(&format!("part {}", k + own));
        sorted.map(|sorted| encode(right, &sorted))
    })?;
    let left = sort(left, lines, k, own);
    // The child is waited for in any case.
    let order = child.finish();
    let (left, order) = (left?, order?);
    let unread = || Failure::new(format!("part {}", k + own), "a result that cannot be read");
    let right = decode(right, count - lines, &order).ok_or_else(unread)?;
    Ok(merge(left.into_iter(), right))
}

fn sort_alone(text: &[u8]) -> Result<Vec<&[u8]>, Failure> {
    work::begin()?;
    let mut lines: Vec<&[u8]> = parts::lines(text).collect();
    lines.sort_by(|one, other| work::compare(one, other));
    Ok(lines)
}

/// What a child sends: where each of its lines begins in `text`. The lines themselves need no way back, because parent
/// and child have the same text since the fork.
fn encode(text: &[u8], sorted: &[&[u8]]) -> Vec<u8> {
    sorted.iter().flat_map(|line| (line.as_ptr().addr() - text.as_ptr().addr()).to_le_bytes()).collect()
}

/// The `count` lines that begin at these places.
fn decode<'a>(text: &'a [u8], count: usize, order: &[u8]) -> Option<impl Iterator<Item = &'a [u8]>> {
    let (places, rest) = order.as_chunks();
    let places = places.iter().map(|bytes| usize::from_le_bytes(*bytes));
    let fits = rest.is_empty() && places.len() == count && places.clone().all(|place| place < text.len());
    let line = move |place: usize| parts::lines(&text[place..]).next().unwrap_or_default();
    fits.then(move || places.map(line))
}

/// Of equal lines, those of `left` come first: they stood first in the file.
pub fn merge<'a>(
    left: impl Iterator<Item = &'a [u8]>,
    right: impl Iterator<Item = &'a [u8]>,
) -> Vec<&'a [u8]> {
    let mut merged = Vec::with_capacity(left.size_hint().0 + right.size_hint().1.unwrap_or(0));
    let (mut left, mut right) = (left.peekable(), right.peekable());
    while let (Some(one), Some(other)) = (left.peek(), right.peek()) {
        let is_behind = work::compare(one, other) == Ordering::Greater;
        merged.extend(if is_behind { right.next() } else { left.next() });
    }
    merged.extend(left);
    merged.extend(right);
    merged
}
// END SOLUTION
