//! Claim: a socket holds a finite number of bytes that nobody has read, and a send then waits, or fails with EAGAIN.
//!
//! "Non-blocking" does not mean "always works at once": it means "fails where it would have waited". How many bytes
//! find room depends on the kernel, its settings and the sizes of the sends. With the word `numbers` this prints what
//! your machine says.
//!
//! Usage: cargo run -q -p client-server --example a_socket_holds_a_finite_number_of_bytes [-- numbers]
//! See also: `socket(7)` (SO_SNDBUF, SO_RCVBUF), `tcp(7)` (tcp_wmem), `send(2)` (EAGAIN)

use anyhow::{Context, Result};
use client_server::{connect, stream};
use ipc_kit::retry;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::SockType;
use std::os::fd::{AsFd, OwnedFd};

fn main() -> Result<()> {
    if std::env::args().nth(1).as_deref() == Some("numbers") {
        return numbers();
    }
    report("Unix", connect::pair(SockType::Stream)?)?;
    report("TCP", connect::both_ends(&"127.0.0.1:0".parse()?)?)
}

fn report(kind: &str, (sender, receiver): (OwnedFd, OwnedFd)) -> Result<()> {
    let taken = stream::fill(&sender, &[b'x'; 1024], 0)?;
    println!("{kind}: it took some bytes, then EAGAIN: {}", taken > 0);
    let mut received = 0;
    while received < taken {
        received += stream::receive(&receiver, &mut [0; 65_536])?;
    }
    println!("{kind}: all of them arrived: {}", received == taken);
    // Over TCP the news of the room travels like everything else.
    let mut room = [PollFd::new(sender.as_fd(), PollFlags::POLLOUT)];
    retry(|| poll(&mut room, PollTimeout::NONE)).context("wait for room")?;
    println!("{kind}: now there is room again: {}", stream::fill(&sender, &[b'x'; 1024], 0)? > 0);
    Ok(())
}

fn numbers() -> Result<()> {
    for size in [1, 1024, 65_536] {
        let unix = connect::pair(SockType::Stream)?;
        let tcp = connect::both_ends(&"127.0.0.1:0".parse()?)?;
        let taken = |sender| stream::fill(sender, &vec![b'x'; size], 0);
        println!("in sends of {size} bytes: Unix took {}, TCP {}", taken(&unix.0)?, taken(&tcp.0)?);
    }
    Ok(())
}
