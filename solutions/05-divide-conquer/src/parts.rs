//! Where a text is cut into parts.

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
// END SOLUTION

/// The lines of a text, without their newlines. The last one may lack its newline.
pub fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\n").unwrap_or(line))
}
