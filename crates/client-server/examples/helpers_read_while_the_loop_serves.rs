//! Claim: helper processes read from disk while the loop serves everybody else (AMPED).
//!
//! The slow disk is a FIFO that nobody writes: opening it waits like a dead network disk. One helper sleeps there; the
//! loop polls its socket beside the other helper and a client. A helper that dies costs one answer, and is replaced.
//!
//! Usage: cargo run -q -p client-server --example helpers_read_while_the_loop_serves
//! See also: `helper.rs`; Pai, Druschel, Zwaenepoel: Flash, an efficient and portable web server (USENIX 1999)

use anyhow::{Context, Result};
use client_server::asleep::{self, Call};
use client_server::helper::Helper;
use client_server::{connect, stream};
use ipc_kit::retry;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::socket::SockType;
use nix::sys::stat::Mode;
use std::fs;
use std::os::fd::{AsFd, OwnedFd};

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    let (slow, fast) = (folder.path().join("slow"), folder.path().join("fast"));
    nix::unistd::mkfifo(&slow, Mode::S_IRWXU).context("make a FIFO")?;
    fs::write(&fast, "at once").context("write a file")?;
    let mut helpers = [Helper::start()?, Helper::start()?];
    let (client, end) = connect::pair(SockType::Stream)?;

    helpers[0].request(&slow)?;
    asleep::until(helpers[0].pid(), Call::Open)?;
    println!("helper 0 sleeps in open");
    stream::send_all(&client, b"hello\n")?;
    println!("ready: {}; it says {}", first_ready(&helpers, &end)?, stream::receive_line(&end)?);
    helpers[1].request(&fast)?;
    println!("ready: {}: {}", first_ready(&helpers, &end)?, text(&helpers[1])?);

    fs::write(&slow, "at last").context("let the disk answer")?;
    println!("ready: {}: {}", first_ready(&helpers, &end)?, text(&helpers[0])?);

    helpers[0].request(&slow)?;
    kill(helpers[0].pid(), Signal::SIGKILL).context("kill the helper")?;
    println!("helper 0 is killed: {}", helpers[0].answer().expect_err("it is dead"));
    helpers[0] = Helper::start()?;
    helpers[0].request(&fast)?;
    println!("a new helper 0: {}", text(&helpers[0])?);
    Ok(())
}

/// The loop's one place to wait: who is ready.
fn first_ready(helpers: &[Helper], client: &OwnedFd) -> Result<String> {
    let sockets = helpers.iter().map(Helper::socket).chain([client.as_fd()]);
    let mut all: Vec<_> = sockets.map(|socket| PollFd::new(socket, PollFlags::POLLIN)).collect();
    retry(|| poll(&mut all, PollTimeout::NONE)).context("wait for somebody")?;
    let ready = all.iter().position(|entry| entry.any() == Some(true)).context("one is ready")?;
    Ok(if ready < helpers.len() { format!("helper {ready}") } else { "the client".to_owned() })
}

fn text(helper: &Helper) -> Result<String> {
    Ok(format!("{:?}", String::from_utf8_lossy(&helper.answer()?)))
}
