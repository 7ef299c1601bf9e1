//! Who takes records of lab 02 and answers each with a line.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::contender::Contender;
use crate::harness::Setup;
use crate::labs::flow::{self, Output, command};

/// Who answers records of lab 02 with a line for each.
#[derive(Clone, Copy)]
pub(super) enum Reader<'a> {
    Flushd(&'a Path),
    Peer(&'a Path),
}

impl<'a> Reader<'a> {
    pub(super) fn of(contender: &'a Contender) -> Option<Self> {
        let peer = || contender.find("records").map(Self::Peer);
        contender.find("flushd").map(Self::Flushd).or_else(peer)
    }

    pub(super) fn time(self, setup: &Setup, count: usize) -> anyhow::Result<Duration> {
        let path = setup.scratch().join("requests");
        fs::write(&path, (0..count).flat_map(request).collect::<Vec<u8>>()).context("write requests")?;
        let command = match self {
            Self::Flushd(program) => command(program, &[]),
            Self::Peer(program) => command(program, &["consume"]),
        };
        let (time, text) = flow::run(setup, vec![command], Some(&path), Output::Kept)?;
        let text = String::from_utf8(text).context("read the answers")?;
        let mut lines = text.lines();
        if matches!(self, Self::Flushd(_)) {
            ensure!(lines.next().is_some_and(|line| line.starts_with("ready ")), "it is never ready");
        }
        for number in 0..count {
            let line = lines.next().unwrap_or_default();
            let is_right = match self {
                Self::Flushd(_) => line.strip_prefix("done ").is_some_and(|rest| rest == number.to_string()),
                Self::Peer(_) => line.starts_with(&format!("0 {number} ")),
            };
            ensure!(is_right, "request {number}: received `{}`", line.escape_debug());
        }
        Ok(time)
    }
}

/// A record with the request to write nothing.
#[expect(clippy::cast_possible_truncation, reason = "some thousand requests")]
fn request(number: usize) -> Vec<u8> {
    const TEXT: &[u8] = b"echo ";
    let mut record = vec![0; 8];
    record[..4].copy_from_slice(&(4 + TEXT.len() as u32).to_le_bytes());
    record.extend((number as u32).to_le_bytes());
    record.extend(TEXT);
    record
}
