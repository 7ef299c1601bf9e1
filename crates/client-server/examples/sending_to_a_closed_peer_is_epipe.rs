//! Claim: sending to a peer that has closed is EPIPE, and SIGPIPE ends the process, unless it is ignored or not wanted.
//!
//! For one client that hangs up early the whole server would die. Rust ignores the signal from the start; in C, or for
//! a library that cannot know, there is MSG_NOSIGNAL.
//!
//! Usage: cargo run -q -p client-server --example sending_to_a_closed_peer_is_epipe
//! See also: `send(2)` (EPIPE, MSG_NOSIGNAL), `signal(7)`

use anyhow::Result;
use client_server::{background::Background, connect, sigpipe};
use nix::sys::socket::{MsgFlags, SockType, send};
use std::os::fd::AsRawFd;

fn main() -> Result<()> {
    let (ours, theirs) = connect::pair(SockType::Stream)?;
    drop(theirs);
    let error = |flags| send(ours.as_raw_fd(), b"anybody?", flags).expect_err("nobody can receive");
    println!("SIGPIPE ignored, as in every Rust program: {}", error(MsgFlags::empty()));

    let child = Background::run(|| {
        sigpipe::restore_default()?;
        println!("default action, MSG_NOSIGNAL: {}", error(MsgFlags::MSG_NOSIGNAL));
        println!("default action, no flag: {}", error(MsgFlags::empty())); // This line is never printed.
        Ok(())
    })?;
    println!("default action, no flag: ended with {}, that is 128 + SIGPIPE", child.wait()?);
    Ok(())
}
