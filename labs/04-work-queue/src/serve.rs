//! `pool serve --unix`: task lines from clients, which the workers answer themselves.

use std::io::{self, Write};

use crate::failure::Failure;
use crate::options::Lines;

/// Serves until SIGTERM.
///
/// # Errors
/// What keeps pool from starting.
pub fn run(options: &Lines) -> Result<u8, Failure> {
    todo!("M9: serve task lines on a Unix socket")
}

/// Tells that clients may come.
///
/// # Errors
/// When nobody can be told.
pub fn ready(address: &str) -> Result<(), Failure> {
    let told = io::stdout().write_all(format!("ready {address}\n").as_bytes());
    told.map_err(|error| Failure::io("stdout", &error))
}
