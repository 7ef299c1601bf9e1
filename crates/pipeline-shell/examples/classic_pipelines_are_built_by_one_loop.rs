//! Claim: one loop builds every pipeline, of three stages or six, out of programs that never heard of each other.
//!
//! An archive of some files (`find`, `grep`, `tar`), a report (`ls`, `sort`, `tail`, `awk`), and the shape of a
//! compiler: strip comments, split into tokens, number them.
//!
//! Usage: cargo run -q -p pipeline-shell --example classic_pipelines_are_built_by_one_loop
//! See also: `pipe(7)`, `tar(1)`, `awk(1)`, and `chain.rs` for the loop

use anyhow::{Context, Result};
use pipeline_shell::chain;

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    std::env::set_current_dir(&folder).context("enter the folder")?;
    for name in ["draft.txt", "notes.txt", "photo.png"] {
        std::fs::write(name, "").context("make a file")?;
    }
    std::fs::write("code", "x = 1 # first\ny = x\n").context("make a file")?;

    show(&["find . -type f", "grep txt", "sort", "tar -cf - -T -", "tar -tf -"])?;
    show(&["ls", "sort -r", "tail -n 2", "awk {print(NR,$1)}"])?;
    show(&["sed s/#.*// code", "tr -s [:space:] \\n", "awk {print(NR,$0)}", "tail -n 2"])
}

fn show(stages: &[&str]) -> Result<()> {
    println!("{}", stages.join(" | "));
    let (output, _statuses) = chain::capture(&chain::programs(stages)?)?;
    for line in String::from_utf8_lossy(&output).lines() {
        println!("    {line}");
    }
    Ok(())
}
