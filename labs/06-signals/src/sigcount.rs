//! `sigcount`: says which signals come.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use nix::errno::Errno;

use crate::failure::{Failure, print};
use crate::names::Sig;
use crate::options::Count;
use crate::signals::{Arrival, Signals, die_of, ignore, is_ignored};

/// Runs it, and gives its exit status.
///
/// # Errors
/// What the contract has a message for.
pub fn run(options: &Count) -> Result<u8, Failure> {
    todo!("M1: prepare the signals, make FILE, say ready; then count until SIGTERM")
}
