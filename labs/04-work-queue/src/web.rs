//! `pool serve --tcp`: files over HTTP. The boss collects requests, a worker answers the client itself.

use std::path::Path;

use crate::channel::Message;
use crate::failure::Failure;
use crate::line::Answer;
use crate::options::Web;

/// Serves until SIGTERM.
///
/// # Errors
/// What keeps pool from starting.
pub fn run(options: &Web) -> Result<u8, Failure> {
    todo!("M9: serve files over HTTP")
}

/// In a worker: answers the request on the connection that came with it. `ok` means that the connection stays open.
pub fn answer(root: &Path, message: Message) -> Answer {
    todo!("M9: answer the request")
}
