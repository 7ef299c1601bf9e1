//! Where a text is cut into parts.

/// Cuts `text` into `n` parts of about the same number of bytes, each of whole lines, in their order. A part may be
/// empty.
pub fn cut(text: &[u8], n: usize) -> Vec<&[u8]> {
    todo!("M2: cut a text into n parts of whole lines")
}

/// The lines of a text, without their newlines. The last one may lack its newline.
pub fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\n").unwrap_or(line))
}
