//! Lines of standard input, many at a time. read(2).

use std::io::stdin;

use ipc_kit::retry;

/// So many bytes are asked for at first, and so many more when a line needs them.
const STEP: usize = 64 << 10;

/// What stands in the buffer.
#[derive(Debug)]
pub(crate) enum Next<'a> {
    /// A whole line, without its newline.
    Line(&'a [u8]),
    /// Not a whole line; [`Lines::fill`] must read first.
    Starved,
    /// Nothing, and nothing more will come.
    End,
    /// A line that is longer than allowed; perhaps not all of it was read.
    TooLong,
}

/// Standard input, as lines. It never holds more than the longest line that is allowed, and two steps.
#[derive(Debug)]
pub(crate) struct Lines {
    buffer: Vec<u8>,
    /// What was read and not yet given stands in `begin..end`; up to `scanned` it has no newline.
    begin: usize,
    scanned: usize,
    end: usize,
    longest: usize,
    at_end: bool,
    number: u64,
}

impl Lines {
    /// Lines of at most so many bytes.
    pub(crate) fn new(longest: u32) -> Lines {
        let longest = longest as usize;
        let buffer = vec![0; STEP];
        Lines { buffer, begin: 0, scanned: 0, end: 0, longest, at_end: false, number: 0 }
    }

    /// The number of the line that [`Lines::next`] gave last, from 1.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The next line, if it was read.
    pub(crate) fn next(&mut self) -> Next<'_> {
        let newline = self.buffer[self.scanned..self.end].iter().position(|byte| *byte == b'\n');
        let (line_end, next) = match newline {
            Some(at) => (self.scanned + at, self.scanned + at + 1),
            None => (self.end, self.end),
        };
        let line = self.begin..line_end;
        if newline.is_none() && line.len() <= self.longest && !self.at_end {
            self.scanned = self.end;
            return Next::Starved;
        }
        if newline.is_none() && line.is_empty() {
            return Next::End;
        }
        self.number += 1;
        if line.len() > self.longest {
            return Next::TooLong;
        }
        (self.begin, self.scanned) = (next, next);
        Next::Line(&self.buffer[line])
    }

    /// Reads once.
    ///
    /// # Errors
    /// Those of read(2).
    pub(crate) fn fill(&mut self) -> nix::Result<()> {
        self.buffer.copy_within(self.begin..self.end, 0);
        self.end -= self.begin;
        self.scanned -= self.begin;
        self.begin = 0;
        if self.end == self.buffer.len() {
            // Not more than is needed: a vector that doubles could take more than the contract allows.
            self.buffer.reserve_exact(STEP);
            self.buffer.resize(self.end + STEP, 0);
        }
        let count = retry(|| nix::unistd::read(stdin(), &mut self.buffer[self.end..]))?;
        self.at_end = count == 0;
        self.end += count;
        Ok(())
    }
}
