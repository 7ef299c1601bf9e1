//! Claim: a result written under its final name can be seen half done; rename makes it appear whole, in one step.
//!
//! The worker is killed in the middle of its file. What it wrote under the final name looks like a result and is none.
//! What it wrote under another name is seen by nobody until rename, which the kernel does at once or not at all.
//!
//! Usage: cargo run -q -p work-queue --example rename_shows_a_result_whole_or_not_at_all
//! See also: `rename(2)`, `fsync(2)` (against a loss of power, sync the file before and the folder after)

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, raise};
use std::fs::File;
use std::io::Write;
use std::path::Path;

const SIZE: usize = 10_000;

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    let result = folder.path().join("result");
    let draft = folder.path().join("result.draft");
    let look = |how: &str| match result.metadata() {
        Ok(about) => println!("{how}: a result of {} bytes", about.len()),
        Err(_) => println!("{how}: no result yet"),
    };

    run(|| write(&result, true))?;
    look("final name, worker killed");
    std::fs::remove_file(&result).context("remove the half result")?;
    run(|| write(&draft, true))?;
    look("draft and rename, worker killed");
    run(|| write(&draft, false).and_then(|()| Ok(std::fs::rename(&draft, &result)?)))?;
    look("draft and rename, tried again");
    Ok(())
}

fn run(work: impl FnOnce() -> Result<()>) -> Result<()> {
    let worker = ipc_kit::run_in_child(|| u8::from(work().is_err())).context("start a worker")?;
    ipc_kit::wait_for(worker).context("wait for the worker").map(drop)
}

fn write(path: &Path, dies_half_way: bool) -> Result<()> {
    let mut file = File::create(path).context("make the file")?;
    file.write_all(&[b'x'; SIZE / 2]).context("write one half")?;
    if dies_half_way {
        raise(Signal::SIGKILL).context("die")?;
    }
    file.write_all(&[b'x'; SIZE / 2]).context("write the other half")?;
    file.sync_all().context("sync the file")
}
