//! Claim: three small programs and two pipes do what none of the three can do alone.
//!
//! `ls | sort -r | head -n 3`: the last three names of a folder. Each stage has its own status.
//!
//! Usage: cargo run -q -p pipeline-shell --example ls_sort_head
//! See also: `pipe(7)`, `ls(1)`, `sort(1)`, `head(1)`

use anyhow::{Context, Result};
use pipeline_shell::chain;

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    std::env::set_current_dir(&folder).context("enter the folder")?;
    for name in ["cherry", "apple", "elder", "banana", "date"] {
        std::fs::write(name, "").context("make a file")?;
    }
    let stages = chain::programs(&["ls", "sort -r", "head -n 3"])?;
    let (output, statuses) = chain::capture(&stages)?;
    print!("{}", String::from_utf8_lossy(&output));
    for (stage, status) in stages.iter().zip(statuses) {
        println!("{}: {status}", stage.name());
    }
    Ok(())
}
