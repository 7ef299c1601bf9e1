//! Claim: ready is a hint about a moment that has passed: another process may be faster. So what is polled must be
//! non-blocking.
//!
//! Two processes share a listener, as the workers of a pool do. Poll tells both of one caller. The one that comes
//! second would sleep in accept, and serve nobody.
//!
//! Usage: cargo run -q -p client-server --example ready_is_a_hint
//! See also: `poll(2)` (BUGS), `select(2)` (BUGS), `accept(2)` (NOTES)

use anyhow::{Context, Result, ensure};
use client_server::{background::Background, connect, listen, stream};
use ipc_kit::retry;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::os::fd::AsFd;

fn main() -> Result<()> {
    let door = listen::stream(&"127.0.0.1:0".parse()?)?;
    let _caller = connect::stream(&listen::local_address(&door)?)?;
    let mut entry = [PollFd::new(door.as_fd(), PollFlags::POLLIN)];
    retry(|| poll(&mut entry, PollTimeout::NONE)).context("wait for a caller")?;
    println!("poll: a caller waits: {}", entry[0].any() == Some(true));

    let faster = Background::run(|| listen::accept(&door).map(drop).context("accept the caller"))?;
    ensure!(faster.wait()? == 0, "the other process accepts the caller");
    println!("another process has accepted it");
    stream::set_nonblocking(&door)?;
    println!("accept here: {}", listen::accept(&door).expect_err("nobody waits any more"));
    Ok(())
}
