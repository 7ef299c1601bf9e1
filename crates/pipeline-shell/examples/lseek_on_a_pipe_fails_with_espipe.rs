//! Claim: a pipe is read from front to back, once; a file can be read again, and anywhere.
//!
//! `lseek` on a pipe fails with ESPIPE, "illegal seek". A program that needs two passes over its input must
//! keep the bytes itself, or be given a file.
//!
//! Usage: cargo run -q -p pipeline-shell --example lseek_on_a_pipe_fails_with_espipe
//! See also: `lseek(2)`, `pipe(7)`

use anyhow::{Context, Result};
use nix::unistd::{Whence, lseek};
use pipeline_shell::pipe;
use std::os::fd::AsFd;

fn main() -> Result<()> {
    let (reader, writer) = pipe::pipe()?;
    let file = tempfile::tempfile().context("make a file")?;
    pipe::write_all(&writer, b"twice")?;
    pipe::write_all(&file, b"twice")?;
    println!("file: back to byte {}", lseek(&file, 0, Whence::SeekSet).context("rewind the file")?);
    println!("file: {:?}", String::from_utf8_lossy(&pipe::read_all(file.as_fd())?));
    println!("file: back to byte {}", lseek(&file, 0, Whence::SeekSet).context("rewind the file")?);
    println!("file: {:?} again", String::from_utf8_lossy(&pipe::read_all(file.as_fd())?));
    println!("pipe: {}", lseek(&reader, 0, Whence::SeekSet).expect_err("a pipe has no position"));
    Ok(())
}
