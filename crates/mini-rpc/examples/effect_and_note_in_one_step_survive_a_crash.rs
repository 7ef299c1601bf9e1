//! Claim: when effect and note change in one step that cannot be torn, a retry makes it exactly once.
//!
//! Temperature and the number of the last call stand in one file, which is replaced by rename. A crash leaves the old
//! file or the new one. The server process is killed before the rename, or after it and before the answer; then it
//! is started again and the client sends again, with the same number.
//!
//! Usage: cargo run -q -p mini-rpc --example effect_and_note_in_one_step_survive_a_crash
//! See also: `rename(2)`, and the example exactly_once_is_not_always_possible

use anyhow::{Context, Result, ensure};
use mini_rpc::background::Background;
use nix::sys::signal::{Signal, raise};
use std::fs;
use std::path::Path;

#[derive(Clone, Copy, PartialEq)]
enum Crash {
    BeforeRename,
    AfterRename,
    Never,
}

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    for (crash, name) in
        [(Crash::BeforeRename, "before the rename"), (Crash::AfterRename, "after the rename")]
    {
        let file = folder.path().join("house");
        fs::write(&file, "180 0").context("write the file")?;
        let code = Background::run(|| warm(&file, 1, 5, crash))?.wait()?;
        println!("killed {name}: code {code}, the file says {:?}", fs::read_to_string(&file)?);
        let code = Background::run(|| warm(&file, 1, 5, Crash::Never))?.wait()?;
        ensure!(code == 0, "the second server ends well");
        println!("started again, sent again: the file says {:?}", fs::read_to_string(&file)?);
    }
    Ok(())
}

/// Warms by `by`, unless the call with this number is in the file already.
fn warm(file: &Path, number: u16, by: i16, crash: Crash) -> Result<()> {
    let text = fs::read_to_string(file).context("read the file")?;
    let (tenths, last) = text.split_once(' ').context("read temperature and number")?;
    if last.parse::<u16>().context("read the number")? >= number {
        return Ok(());
    }
    let warmer = tenths.parse::<i16>().context("read the temperature")? + by;
    let new = file.with_extension("new");
    fs::write(&new, format!("{warmer} {number}")).context("write the new file")?;
    if crash == Crash::BeforeRename {
        raise(Signal::SIGKILL).context("die")?;
    }
    fs::rename(&new, file).context("replace the file")?;
    if crash == Crash::AfterRename {
        raise(Signal::SIGKILL).context("die")?;
    }
    Ok(())
}
