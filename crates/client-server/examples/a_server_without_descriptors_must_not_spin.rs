//! Claim: when accept fails with EMFILE the caller stays in the queue, and the listener stays ready: a loop that only
//! polls again never sleeps. The cure: do not poll the listener until a client has left.
//!
//! Every client is a descriptor, and a process may have only so many. First the naive loop, three times round; then the
//! poll server of this lecture.
//!
//! Usage: cargo run -q -p client-server --example a_server_without_descriptors_must_not_spin
//! See also: `accept(2)` (EMFILE), `getrlimit(2)` (RLIMIT_NOFILE), and `poll.rs`

use anyhow::{Context, Result};
use client_server::asleep::{self, Call};
use client_server::background::{Background, Kind};
use client_server::{address::Address, book::Book, connect, listen, stream};
use ipc_kit::pipe;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{Resource, setrlimit};
use std::fs;
use std::os::fd::{AsFd, OwnedFd};

fn main() -> Result<()> {
    let listener = listen::stream(&"127.0.0.1:0".parse()?)?;
    let address = listen::local_address(&listener)?;
    println!("the naive loop:");
    let naive = Background::run(|| naive_loop(&listener))?;
    let _caller = connect::stream(&address)?;
    naive.wait()?;
    println!("the poll server:");
    poll_server()
}

fn naive_loop(listener: &OwnedFd) -> Result<()> {
    allow_more_descriptors(0)?;
    for _ in 0..3 {
        let mut door = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
        let ready = poll(&mut door, PollTimeout::NONE).context("wait for a caller")?;
        let refusal = listen::accept(listener).expect_err("no descriptor is left");
        println!("    poll: {ready} ready; accept: {refusal}");
    }
    Ok(())
}

fn poll_server() -> Result<()> {
    let listener = listen::stream(&Address::Abstract(format!("ipc-labs-full-{}", std::process::id())))?;
    let address = listen::local_address(&listener)?;
    let (stop, _keeps_it_running) = pipe().context("make a pipe")?;
    let server = Background::run(|| {
        allow_more_descriptors(2)?;
        Kind::Poll.serve(&listener, stop.as_fd(), &mut Book::with(&[("cherry", "red")]))
    })?;
    let (first, second, third) =
        (connect::stream(&address)?, connect::stream(&address)?, connect::stream(&address)?);
    println!("    two clients are served: {}, {}", ask(&first)?, ask(&second)?);
    stream::send_all(&third, b"get cherry\n")?;
    asleep::until(server.pid(), Call::Poll)?;
    println!("    the third: {}; the server sleeps in poll", stream::receive_now(&third, 100));
    println!("    the first again: {}", ask(&first)?);
    drop(second);
    println!("    the second leaves; the third: {}", stream::receive_line(&third)?);
    Ok(())
}

fn ask(client: &OwnedFd) -> Result<String> {
    stream::send_all(client, b"get cherry\n")?;
    stream::receive_line(client)
}

/// Lets this process have `more` descriptors than it has now. A new one takes the lowest free number, and the limit is
/// the first number that is not allowed.
fn allow_more_descriptors(more: usize) -> Result<()> {
    let mut free = (0..).filter(|number| fs::symlink_metadata(format!("/proc/self/fd/{number}")).is_err());
    let limit = free.nth(more).context("find a free number")?;
    setrlimit(Resource::RLIMIT_NOFILE, limit, limit).context("limit the descriptors")
}
