//! `gate PATH`: a request that lasts until somebody opens the FIFO. See fifo(7), open(2).

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use ipc_kit::retry;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;

/// Tells the world that somebody stands at the gate: appends this process's pid to `.NAME.reached` beside it. Given.
///
/// # Errors
/// When the file cannot be written, or PATH has no name.
pub fn announce(path: &Path) -> Result<()> {
    let name = path.file_name().context("find the gate's name")?;
    let marker = path.with_file_name(format!(".{}.reached", name.to_string_lossy()));
    let mut file = OpenOptions::new().append(true).create(true).open(marker).context("open the marker")?;
    file.write_all(format!("{}\n", std::process::id()).as_bytes()).context("write the marker")
}

/// Opens the FIFO for reading, which blocks until somebody opens it for writing, and closes it. flushd has no handlers, so
/// nothing should interrupt this; if something does, nobody has come yet.
///
/// # Errors
/// What open(2) says.
pub fn pass(path: &Path) -> nix::Result<()> {
    retry(|| open(path, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())).map(drop)
}
