//! Where a text is cut into parts.

use std::io::BufRead;

/// Cuts `text` into `n` parts of about the same number of bytes, each of whole lines, in their order. A part may be
/// empty.
pub fn cut(text: &[u8], n: usize) -> Vec<&[u8]> {
    // BEGIN SOLUTION
    let mut parts = Vec::with_capacity(n);
    let mut begin = 0;
    for k in 1..=n {
        let end = line_start(text, text.len() * k / n).max(begin);
        parts.push(&text[begin..end]);
        begin = end;
    }
    parts
    // END SOLUTION
    // STUB: todo!("M2: cut a text into n parts of whole lines")
}
// BEGIN SOLUTION

/// The first place at or behind `at` where a line begins, or the end of the text. A line that begins right at a cut
/// belongs to the part behind it.
fn line_start(text: &[u8], at: usize) -> usize {
    if at == 0 || text[at - 1] == b'\n' {
        return at;
    }
    text[at..].iter().position(|&byte| byte == b'\n').map_or(text.len(), |newline| at + newline + 1)
}

/// How many lines a text has.
pub fn count(text: &[u8]) -> usize {
    newlines(text) + usize::from(text.last().is_some_and(|&byte| byte != b'\n'))
}

/// Where line `number` begins, counted from 0.
pub fn start_of(text: &[u8], number: usize) -> usize {
    /// So many bytes are counted at once.
    const BLOCK: usize = 1 << 12;
    let (mut at, mut before) = (0, 0);
    for block in text.chunks(BLOCK) {
        let more = newlines(block);
        if before + more >= number {
            break;
        }
        (at, before) = (at + block.len(), before + more);
    }
    // Behind the newline with that number, of those that this block has.
    let mut ends = text[at..].iter().zip(at + 1..).filter(|(byte, _)| **byte == b'\n').map(|(_, end)| end);
    number.checked_sub(before + 1).map_or(0, |number| ends.nth(number).unwrap_or(text.len()))
}

/// One by one, but without a branch: so the compiler compares many bytes with one instruction.
fn newlines(text: &[u8]) -> usize {
    text.iter().filter(|&&byte| byte == b'\n').count()
}
// END SOLUTION

/// The lines of a text, without their newlines. The last one may lack its newline.
pub fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let line = rest;
        // Looks at many bytes at once. Reading from memory does not fail.
        let length = rest.skip_until(b'\n').ok().filter(|&length| length > 0)?;
        let line = &line[..length];
        Some(line.strip_suffix(b"\n").unwrap_or(line))
    })
}
