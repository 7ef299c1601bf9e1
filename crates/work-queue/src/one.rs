//! Form 1: one process. It accepts a client, answers all its requests, and only then accepts the next.
//!
//! ```text
//!   clients ──► [backlog of the listener] ──► accept ─ handle ─ accept ─ handle ─ …
//! ```
//!
//! Right, small, and unfair: whoever is slow, or silent, stops all the others.

use crate::handler::Handler;
use crate::quit::Quit;
use anyhow::{Context, Result};
use std::io::ErrorKind;
use std::net::TcpListener;

/// Serves until SIGTERM.
///
/// # Errors
/// When accept fails for a reason that will not go away.
pub fn serve(listener: &TcpListener, handler: &Handler, quit: &Quit) -> Result<()> {
    loop {
        match quit.while_waiting(|| listener.accept()) {
            Ok((client, _)) => handler.converse(&client, quit),
            // The client hung up while it was waiting; the next one has not.
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::Interrupted) => {}
            Err(error) => return Err(error).context("accept a client"),
        }
    }
}
