//! Where a text is cut into parts.

use std::io::BufRead;

/// Cuts `text` into `n` parts of about the same number of bytes, each of whole lines, in their order. A part may be
/// empty.
pub fn cut(text: &[u8], n: usize) -> Vec<&[u8]> {
    todo!("M2: cut a text into n parts of whole lines")
}

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
