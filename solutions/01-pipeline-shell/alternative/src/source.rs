//! Where commands come from: a text, or stdin, which psh shares with the commands it runs.

use std::io::stdin;
use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::sys::stat::{SFlag, fstat};
use nix::unistd::{Whence, lseek, read};

use crate::procs::Procs;

/// A block of a file; what is left of it after a line is given back by `lseek(2)`.
const BLOCK: usize = 4096;

/// The input, a byte at a time.
pub(crate) struct Source {
    bytes: Vec<u8>,
    at: usize,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    /// A regular file: blocks can be read, because the offset can be set back.
    File,
    /// A byte that is read is gone for everybody else.
    Stream,
}

impl Source {
    pub(crate) fn new(text: Option<Vec<u8>>) -> Self {
        let kind = match &text {
            Some(_) => Kind::Text,
            None => match fstat(stdin()) {
                Ok(stat) if stat.st_mode & SFlag::S_IFMT.bits() == SFlag::S_IFREG.bits() => Kind::File,
                _ => Kind::Stream,
            },
        };
        Self { bytes: text.unwrap_or_default(), at: 0, kind }
    }

    /// The next byte, or `None` at the end. Children that end meanwhile are reaped.
    pub(crate) fn next(&mut self, procs: &mut Procs) -> Result<Option<u8>, Errno> {
        if self.at == self.bytes.len() && self.kind != Kind::Text {
            self.bytes.resize(if self.kind == Kind::File { BLOCK } else { 1 }, 0);
            self.at = 0;
            let count = loop {
                if procs.any_lives() {
                    procs.wait_readable(stdin().as_fd());
                }
                match read(stdin(), &mut self.bytes) {
                    Err(Errno::EINTR) => {}
                    Err(Errno::EAGAIN) => procs.wait_readable(stdin().as_fd()),
                    result => break result,
                }
            };
            self.bytes.truncate(*count.as_ref().unwrap_or(&0));
            count?;
        }
        let byte = self.bytes.get(self.at).copied();
        self.at += usize::from(byte.is_some());
        Ok(byte)
    }

    /// Gives back what was read beyond the line: the next command may read it.
    pub(crate) fn give_back(&mut self) -> Result<(), Errno> {
        if self.kind == Kind::File {
            let rest = self.bytes.len() - self.at;
            self.bytes.clear();
            self.at = 0;
            if rest > 0 {
                lseek(stdin(), -(rest as i64), Whence::SeekCur)?;
            }
        }
        Ok(())
    }
}
