//! The server with connections: one loop, one call that waits for everybody. See `poll(2)`, `accept(2)`.

use crate::listen::Listening;
use crate::options::ServerOptions;
use crate::root::Root;
use crate::signals::Signals;

/// Serves clients until SIGTERM or SIGINT. `control` is the second socket, for whoever is in charge.
///
/// # Errors
/// If the loop itself cannot go on.
pub fn run(
    options: &ServerOptions,
    listening: Listening,
    control: Option<Listening>,
    root: Root,
    signals: Signals,
) -> anyhow::Result<()> {
    todo!("M1: accept a client, answer its lines, and the next; M3: many at once; M5: SIGTERM")
}
