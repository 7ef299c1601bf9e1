//! Claim: a pipe never has a name, and it is gone, with what nobody read, when both ends are closed.
//!
//! It is not a temporary file that somebody deletes. `/proc` shows `pipe:[NUMBER]`, which is no path; nothing is
//! left behind even if all its processes are killed.
//!
//! Usage: cargo run -q -p pipeline-shell --example a_pipe_has_no_name_and_ends_with_its_ends
//! See also: `pipe(7)`, `proc_pid_fd(5)`

use anyhow::{Context, Result};
use pipeline_shell::pipe;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

fn main() -> Result<()> {
    let (reader, writer) = pipe::pipe()?;
    let target =
        std::fs::read_link(format!("/proc/self/fd/{}", writer.as_raw_fd())).context("look at the pipe")?;
    println!("its name begins with a slash: {}", target.is_absolute());
    println!("something of that name exists: {}", Path::new("/").join(&target).exists());
    pipe::write_all(&writer, b"never read")?;
    println!("both ends open: {} descriptors lead to it", holders(&target)?);
    drop(writer);
    println!("write end closed: {}", holders(&target)?);
    drop(reader);
    println!("both closed: {}, and the 10 bytes are gone with it", holders(&target)?);
    Ok(())
}

/// How many descriptors of this process lead to `pipe`.
fn holders(pipe: &PathBuf) -> Result<usize> {
    let all = std::fs::read_dir("/proc/self/fd").context("list own descriptors")?;
    Ok(all
        .flatten()
        .filter(|entry| std::fs::read_link(entry.path()).is_ok_and(|found| found == *pipe))
        .count())
}
