//! The server: one loop, one call that waits for everybody. See `poll(2)`, `accept(2)`.

use crate::failure::failed;
use crate::listen::Listening;
use crate::options::ServerOptions;
use crate::root::Root;
use crate::signals::Signals;

/// Serves clients until SIGTERM or SIGINT.
///
/// # Errors
/// If it cannot start, or the loop itself cannot go on.
pub fn run(options: &ServerOptions) -> anyhow::Result<()> {
    let root = options.root.as_deref().map(Root::open).transpose()?;
    let signals = Signals::block().map_err(|errno| failed("signals", errno))?;
    let listening = Listening::open(&options.address)?;
    todo!("M1: announce, accept a client, answer its calls, and the next; M3: many at once; M7: SIGTERM")
}
