//! Claim: helper processes read from disk while the loop serves everybody else (AMPED).
//!
//! The slow disk is a FIFO that nobody writes: opening it waits like a dead network disk. One helper sleeps there; the
//! loop polls its socket beside the others. The last line shows what a helper that dies costs: one answer.
//!
//! Usage: cargo run -q -p client-server --example helpers_read_while_the_loop_serves
//! See also: `helper.rs`; Pai, Druschel, Zwaenepoel: Flash, an efficient and portable web server (USENIX 1999)

use anyhow::{Context, Result};
use client_server::asleep::{self, Call};
use client_server::helper::Helper;
use ipc_kit::retry;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use std::fs;

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    let (slow, fast) = (folder.path().join("slow"), folder.path().join("fast"));
    nix::unistd::mkfifo(&slow, Mode::S_IRWXU).context("make a FIFO")?;
    fs::write(&fast, "at once").context("write a file")?;
    let helpers = [Helper::start()?, Helper::start()?];

    helpers[0].request(&slow)?;
    helpers[1].request(&fast)?;
    asleep::until(helpers[0].pid(), Call::Open)?;
    println!("helper 0 sleeps in open");
    println!("ready: helper {}", first_ready(&helpers)?);
    println!("helper 1: {:?}", String::from_utf8_lossy(&helpers[1].answer()?));
    helpers[1].request(&folder.path().join("missing"))?;
    println!(
        "helper 1, a missing file; it says so: {}",
        helpers[1].answer().expect_err("it is missing").to_string().contains("No such file")
    );

    fs::write(&slow, "at last").context("let the disk answer")?;
    println!("ready: helper {}", first_ready(&helpers)?);
    println!("helper 0: {:?}", String::from_utf8_lossy(&helpers[0].answer()?));
    helpers[0].request(&slow)?;
    kill(helpers[0].pid(), Signal::SIGKILL).context("kill the helper")?;
    println!("helper 0 is killed: {}", helpers[0].answer().expect_err("it is dead"));
    Ok(())
}

/// The loop's one place to wait.
fn first_ready(helpers: &[Helper]) -> Result<usize> {
    let mut all: Vec<_> =
        helpers.iter().map(|helper| PollFd::new(helper.socket(), PollFlags::POLLIN)).collect();
    retry(|| poll(&mut all, PollTimeout::NONE)).context("wait for a helper")?;
    all.iter().position(|entry| entry.any() == Some(true)).context("one is ready")
}
