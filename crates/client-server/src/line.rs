//! Framing: lines out of a stream that knows no lines.
//!
//! A recv may bring half a line, or three and a half. [`LineBuffer`] keeps what is not finished. It has a limit,
//! because a client may send a line that never ends: without a limit, that client decides how much memory the server
//! uses.

/// Why there is no line: it has more than the limit of bytes. All of it is skipped, and the next line is a good one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// Collects bytes and gives lines. Holds at most the limit, and what the last push brought.
#[derive(Debug)]
pub struct LineBuffer {
    bytes: Vec<u8>,
    /// Up to here there is no newline: not to be searched again, or a line in 1000 pieces costs 1000 searches.
    searched: usize,
    limit: usize,
    /// The rest of a line that was too long is to be dropped, up to its newline.
    skipping: bool,
}

impl LineBuffer {
    /// A buffer for lines of at most `limit` bytes, their newline not counted.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), searched: 0, limit, skipping: false }
    }

    /// Adds what a recv gave.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole line without its newline, or `None` if there is none yet. A line over the limit is told once, as
    /// soon as it is known to be too long.
    pub fn next_line(&mut self) -> Option<Result<Vec<u8>, TooLong>> {
        loop {
            let newline = self.bytes[self.searched..].iter().position(|byte| *byte == b'\n');
            let Some(end) = newline.map(|at| self.searched + at) else { return self.without_newline() };
            let mut line: Vec<u8> = self.bytes.drain(..=end).collect();
            line.pop();
            self.searched = 0;
            if !std::mem::take(&mut self.skipping) {
                return Some(if line.len() > self.limit { Err(TooLong) } else { Ok(line) });
            }
            // That was the rest of a line already told; look for the next.
        }
    }

    fn without_newline(&mut self) -> Option<Result<Vec<u8>, TooLong>> {
        if !self.skipping && self.bytes.len() <= self.limit {
            self.searched = self.bytes.len();
            return None;
        }
        self.bytes.clear();
        self.searched = 0;
        let already_told = std::mem::replace(&mut self.skipping, true);
        (!already_told).then_some(Err(TooLong))
    }

    /// Whether a line has begun and its newline has not come (one already told to be too long does not count). At the
    /// end of the stream that is a cut line, and a cut request must not be carried out: `put pear 100` may have lost its
    /// last digits.
    #[must_use]
    pub fn is_inside_a_line(&self) -> bool {
        !self.bytes.is_empty()
    }
}
