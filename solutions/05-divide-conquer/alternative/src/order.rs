//! Sorting and merging of lines by [`work::compare`], with as few comparisons as a merge sort: n lines cost at most
//! n × ceil(log2 n). Both keep the order of lines with equal keys.

use std::cmp::Ordering;

use crate::work;

/// So few lines are sorted by insertion: a binary search makes no more comparisons than merging, and copies less.
const FEW: usize = 16;

/// A line without its newline.
pub type Line<'a> = &'a [u8];

/// The lines, sorted.
pub fn sorted<'a>(lines: &[Line<'a>]) -> Vec<Line<'a>> {
    if lines.len() <= FEW {
        return inserted(lines);
    }
    let (left, right) = lines.split_at(lines.len() / 2);
    merge(&sorted(left), &sorted(right))
}

/// Puts each line behind those that are not greater.
fn inserted<'a>(lines: &[Line<'a>]) -> Vec<Line<'a>> {
    let mut sorted: Vec<Line> = Vec::with_capacity(lines.len());
    for line in lines {
        let place = sorted.partition_point(|other| work::compare(other, line) != Ordering::Greater);
        sorted.insert(place, line);
    }
    sorted
}

/// Merges two sorted lists. Of equal keys those on the left come first.
pub fn merge<'a>(left: &[Line<'a>], right: &[Line<'a>]) -> Vec<Line<'a>> {
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut i, mut j) = (0, 0);
    while i < left.len() && j < right.len() {
        if work::compare(left[i], right[j]) == Ordering::Greater {
            merged.push(right[j]);
            j += 1;
        } else {
            merged.push(left[i]);
            i += 1;
        }
    }
    merged.extend_from_slice(&left[i..]);
    merged.extend_from_slice(&right[j..]);
    merged
}

/// Merges sorted lists, neighbours first: each line is looked at ceil(log2 of their number) times.
pub fn merge_all(mut lists: Vec<Vec<Line<'_>>>) -> Vec<Line<'_>> {
    while lists.len() > 1 {
        lists = lists
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => merge(left, right),
                other => other.concat(),
            })
            .collect();
    }
    lists.pop().unwrap_or_default()
}

/// The lines as a text, each with its newline.
pub fn text(lines: &[Line]) -> Vec<u8> {
    let mut text = Vec::with_capacity(lines.iter().map(|line| line.len() + 1).sum());
    for line in lines {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text
}
