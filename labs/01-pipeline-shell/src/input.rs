//! Where commands come from: one physical line at a time, and never a byte of the next one.
//!
//! A command that `psh` starts shares its standard input. What `psh` takes too much, the command
//! cannot read. So a pipe or terminal is read byte by byte, and a file is read in blocks after
//! which the offset goes back to the end of the line. See `read(2)`, `lseek(2)`.

use nix::errno::Errno;
use nix::sys::stat::{SFlag, fstat};
use nix::unistd::{Whence, lseek, read};
use std::io::{self, Stdin};

/// The source of the command lines.
#[derive(Debug)]
pub enum Input {
    /// The text of `-c`, with the offset of the next line.
    Text(Vec<u8>, usize),
    /// Standard input, if it is a regular file.
    File(Stdin),
    /// Standard input, if it is anything that cannot seek.
    Stream(Stdin),
}

impl Input {
    /// Chooses the source: `text`, or standard input.
    pub fn new(text: Option<Vec<u8>>) -> Self {
        let stdin = io::stdin();
        match text {
            Some(text) => Input::Text(text, 0),
            None if is_regular_file(&stdin) => Input::File(stdin),
            None => Input::Stream(stdin),
        }
    }

    /// Appends the next line, its newline included, to `line`; `false` at the end of the input.
    ///
    /// `before_read` is called before a read that may block.
    pub fn next_line(
        &mut self,
        line: &mut Vec<u8>,
        before_read: impl FnMut(&Stdin) -> nix::Result<()>,
    ) -> nix::Result<bool> {
        let length = line.len();
        match self {
            Input::Text(text, at) => {
                let taken = through_newline(&text[*at..]);
                line.extend_from_slice(taken);
                *at += taken.len();
            }
            Input::File(stdin) => read_file(stdin, line)?,
            Input::Stream(stdin) => read_stream(stdin, line, before_read)?,
        }
        Ok(line.len() > length)
    }
}

fn is_regular_file(stdin: &Stdin) -> bool {
    fstat(stdin).is_ok_and(|stat| SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT == SFlag::S_IFREG)
}

/// The part of `bytes` up to and with the first newline, or all of it.
fn through_newline(bytes: &[u8]) -> &[u8] {
    bytes.split_inclusive(|&byte| byte == b'\n').next().unwrap_or_default()
}

fn read_file(stdin: &Stdin, line: &mut Vec<u8>) -> nix::Result<()> {
    let mut block = [0; 4096];
    loop {
        let count = read_some(stdin, &mut block)?;
        let taken = through_newline(&block[..count]);
        line.extend_from_slice(taken);
        if taken.len() < count {
            let too_much = i64::try_from(count - taken.len()).map_err(|_| Errno::EOVERFLOW)?;
            lseek(stdin, -too_much, Whence::SeekCur)?;
        }
        if count == 0 || taken.ends_with(b"\n") {
            return Ok(());
        }
    }
}

fn read_stream(
    stdin: &Stdin,
    line: &mut Vec<u8>,
    mut before_read: impl FnMut(&Stdin) -> nix::Result<()>,
) -> nix::Result<()> {
    let mut byte = [0];
    loop {
        before_read(stdin)?;
        if read_some(stdin, &mut byte)? == 0 {
            return Ok(());
        }
        line.push(byte[0]);
        if byte == *b"\n" {
            return Ok(());
        }
    }
}

/// `read(2)`, repeated when a signal interrupts it.
fn read_some(stdin: &Stdin, buffer: &mut [u8]) -> nix::Result<usize> {
    loop {
        match read(stdin, buffer) {
            Err(Errno::EINTR) => {}
            result => return result,
        }
    }
}
