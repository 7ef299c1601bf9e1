//! Claim: `ls | head 10` does not print ten lines; it prints the file named `10`. Write `head -n 10`.
//!
//! A program that is given a file name does not read its standard input at all.
//!
//! Usage: cargo run -q -p pipeline-shell --example head_10_opens_a_file_named_10
//! See also: `head(1)`

use anyhow::{Context, Result};
use pipeline_shell::chain;

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    std::env::set_current_dir(&folder).context("enter the folder")?;
    std::fs::write("10", "I am the file 10\n").context("make a file")?;
    std::fs::write("a", "").context("make a file")?;
    for stages in [["ls", "head 10"], ["ls", "head -n 10"]] {
        let (output, _statuses) = chain::capture(&chain::programs(&stages)?)?;
        println!("{}: {:?}", stages.join(" | "), String::from_utf8_lossy(&output));
    }
    Ok(())
}
