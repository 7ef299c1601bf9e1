//! Where a text is cut into parts, and where a number of things is.

use std::ops::Range;

/// Cuts `text` into `n` parts of about the same number of bytes, each of whole lines, in their order. A part may be
/// empty.
pub fn cut(text: &[u8], n: usize) -> Vec<&[u8]> {
    let cuts: Vec<usize> = (0..=n).map(|k| next_line(text, (text.len() * k).div_ceil(n))).collect();
    cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect()
}

/// Where the first line begins at `place` or later.
fn next_line(text: &[u8], place: usize) -> usize {
    if place == 0 {
        return 0;
    }
    // A line begins after a newline: at `place` itself, if the byte before it is one.
    text[place - 1..].iter().position(|&byte| byte == b'\n').map_or(text.len(), |newline| place + newline)
}

/// The share `k` of `n` of things 0 to `total` - 1: shares differ by one at most.
pub fn share(total: usize, k: usize, n: usize) -> Range<usize> {
    total * k / n..total * (k + 1) / n
}

/// The lines of a text, without their newlines. The last one may lack its newline.
pub fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\n").unwrap_or(line))
}
