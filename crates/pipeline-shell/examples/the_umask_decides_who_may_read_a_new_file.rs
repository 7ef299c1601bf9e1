//! Claim: inside a pipeline nobody asks who you are; only files have owners and modes.
//!
//! A program that makes a file asks for 0666, and the process's umask takes bits away. For a pipe there is
//! nothing to set: who holds an end may use it.
//!
//! Usage: cargo run -q -p pipeline-shell --example the_umask_decides_who_may_read_a_new_file
//! See also: `umask(2)`, `open(2)`, `path_resolution(7)`

use anyhow::{Context, Result};
use nix::sys::stat::{Mode, umask};
use std::fs::File;
use std::os::unix::fs::PermissionsExt;

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    for mask in [0o000, 0o022, 0o027, 0o077] {
        umask(Mode::from_bits_truncate(mask));
        let path = folder.path().join(format!("made-under-{mask:03o}"));
        let file = File::create(path).context("make a file")?;
        let mode = file.metadata().context("look at the file")?.permissions().mode() & 0o777;
        println!("asked for 0666, umask {mask:03o}: mode {mode:04o}");
    }
    Ok(())
}
