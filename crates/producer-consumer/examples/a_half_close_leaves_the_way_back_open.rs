//! Claim: "I have no more to say" and "I do not listen any more" are two things; closing one direction says the first.
//!
//! `sort` cannot answer before it has seen the end of its input. With two pipes one closes the first and reads the second.
//! A socket has both directions in one descriptor: close would end both, shutdown ends one.
//!
//! Usage: cargo run -q -p producer-consumer --example a_half_close_leaves_the_way_back_open
//! See also: `shutdown(2)`, `socketpair(2)`, `pipe(7)`

use anyhow::{Context, Result};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

const TEXT: &[u8] = b"pear\nfig\n";

fn main() -> Result<()> {
    let mut sort =
        Command::new("sort").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("start sort")?;
    let mut input = sort.stdin.take().context("its input is a pipe")?;
    input.write_all(TEXT).context("send")?;
    drop(input); // Only this direction.
    let output = sort.wait_with_output().context("receive the answer")?;
    println!("two pipes, one closed: \"{}\"", output.stdout.escape_ascii());

    let (mut ours, theirs) = UnixStream::pair().context("make a socket pair")?;
    let both = OwnedFd::from(theirs);
    let mut sort = Command::new("sort")
        .stdin(both.try_clone().context("copy the end")?)
        .stdout(both)
        .spawn()
        .context("start sort")?;
    ours.write_all(TEXT).context("send")?;
    ours.shutdown(Shutdown::Write).context("close one direction")?;
    let mut answer = Vec::new();
    ours.read_to_end(&mut answer).context("receive the answer")?;
    println!("a socket, shut down for writing: \"{}\"", answer.escape_ascii());
    println!("sending again: {}", ours.write_all(TEXT).expect_err("this direction is closed").kind());
    sort.wait().context("wait for sort").map(drop)
}
