//! A producer and a consumer of records, and what must come out.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::ensure;

use crate::contender::Contender;
use crate::harness::Setup;
use crate::labs::flow::{self, Output, command};
use crate::labs::trip::difference;

/// A producer of records and their consumer.
#[derive(Clone, Copy)]
pub(super) enum Pair<'a> {
    Prodcon(&'a Path),
    Peer(&'a Path),
}

impl<'a> Pair<'a> {
    pub(super) fn of(contender: &'a Contender) -> Option<Self> {
        let peer = || contender.find("records").map(Self::Peer);
        contender.find("prodcon").map(Self::Prodcon).or_else(peer)
    }

    pub(super) fn produce(self, count: usize, size: usize) -> Command {
        let (count, size) = (count.to_string(), size.to_string());
        match self {
            Self::Prodcon(program) => {
                let words = ["produce", "--id", "0", "--count", &count, "--size", &size, "--to", "-"];
                command(program, &words)
            }
            Self::Peer(program) => command(program, &["produce", &count, &size]),
        }
    }

    pub(super) fn consume(self) -> Command {
        match self {
            Self::Prodcon(program) => command(program, &["consume", "--from", "-"]),
            Self::Peer(program) => command(program, &["consume"]),
        }
    }

    /// How long so many records take from one to the other. Every line is compared.
    pub(super) fn time(self, setup: &Setup, count: usize, size: usize) -> anyhow::Result<Duration> {
        let both = vec![self.produce(count, size), self.consume()];
        let (time, text) = flow::run(setup, both, None, Output::Kept)?;
        compare(&text, count, size)?;
        Ok(time)
    }
}

/// Compares every line that a consumer has printed with what it must be.
pub(super) fn compare(text: &[u8], count: usize, size: usize) -> anyhow::Result<()> {
    let mut came = text.split(|&byte| byte == b'\n');
    for number in 0..count {
        let wanted = line(0, number, size);
        let line = came.next().unwrap_or_default();
        ensure!(line == wanted.as_bytes(), "record {number}: {}", difference(line, wanted.as_bytes()));
    }
    Ok(())
}

/// What a consumer prints for a record.
pub(super) fn line(producer: usize, number: usize, size: usize) -> String {
    let payload = payload(producer, number, size);
    format!("{producer} {number} {size} {:08x}", crc32fast::hash(&payload))
}

/// The sequence number, then the same byte again and again.
#[expect(clippy::cast_possible_truncation, reason = "the lowest bytes are what the contract asks for")]
pub(super) fn payload(producer: usize, number: usize, size: usize) -> Vec<u8> {
    let mut payload = vec![(producer + number) as u8; size];
    payload[..4].copy_from_slice(&(number as u32).to_le_bytes());
    payload
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_record_is_that_of_the_contract() {
        assert_eq!(payload(3, 258, 6), [2, 1, 0, 0, 5, 5]);
        // As `crc32` of zlib says it.
        assert_eq!(line(0, 0, 4), "0 0 4 2144df1c");
    }
}
