//! `flushd`: requests from standard input, one at a time, and orders by signals, at any time.

use std::io;
use std::os::fd::AsFd;

use nix::errno::Errno;

use crate::config::{self, Config};
use crate::failure::{Failure, print, say};
use crate::input::{Input, Next};
use crate::names::Sig;
use crate::options::Flushd;
use crate::record::{Request, Task};
use crate::signals::{Signals, Woken};

/// Runs it, and gives its exit status.
///
/// # Errors
/// What the contract has a message for.
pub fn run(options: &Flushd) -> Result<u8, Failure> {
    todo!("M5: one request after the other, and signals meanwhile")
}
