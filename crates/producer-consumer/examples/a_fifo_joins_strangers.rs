//! Claim: a FIFO joins programs that know nothing but its name; it is a pipe, and its file never has any content.
//!
//! `cat` inherits no end of it. It is told the name, and opens it. The name has an owner and a mode, like every file:
//! that decides who may come. Only programs on this machine can: over a network file system, each machine would have
//! a pipe of its own under the same name.
//!
//! Usage: cargo run -q -p producer-consumer --example a_fifo_joins_strangers
//! See also: `fifo(7)`, `mkfifo(3)`

use anyhow::{Context, Result};
use nix::sys::stat::{SFlag, stat};
use producer_consumer::fifo::Fifo;
use std::process::{Command, Stdio};

fn main() -> Result<()> {
    let fifo = Fifo::new()?;
    let cat = Command::new("cat").arg(fifo.path()).stdout(Stdio::piped()).spawn().context("start cat")?;
    let writer = fifo.writer()?;
    ipc_kit::write_all(&writer, b"hello, stranger\n").context("write")?;

    let file = stat(fifo.path()).context("look at the name")?;
    let is_fifo = SFlag::from_bits_truncate(file.st_mode) & SFlag::S_IFMT == SFlag::S_IFIFO;
    println!("a FIFO: {is_fifo}, mode {:04o}, size of the file {}", file.st_mode & 0o7777, file.st_size);
    drop(writer);
    let output = cat.wait_with_output().context("wait for cat")?;
    print!("cat, which was given a name only: {}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}
