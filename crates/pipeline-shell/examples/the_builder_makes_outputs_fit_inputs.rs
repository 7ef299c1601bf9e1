//! Claim: who builds the pipeline is responsible that outputs fit inputs; no stage and no pipe checks it.
//!
//! Two questions, each asked wrongly and rightly. Every stage does what it should, all statuses are 0, and the
//! first answer of each pair is wrong: words compared as text, and a file name that has a newline in it.
//!
//! Usage: cargo run -q -p pipeline-shell --example the_builder_makes_outputs_fit_inputs
//! See also: `sort(1)` (-n), `find(1)` (-print0)

use anyhow::{Context, Result};
use pipeline_shell::chain;

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    std::env::set_current_dir(&folder).context("enter the folder")?;
    for name in ["plain", "two\nlines"] {
        std::fs::write(name, "").context("make a file")?;
    }
    println!("What is the smallest of 9 and 10?");
    ask(&["printf 9\\n10\\n", "sort", "head -n 1"])?;
    ask(&["printf 9\\n10\\n", "sort -n", "head -n 1"])?;
    println!("How many files are here? (There are two.)");
    ask(&["find . -type f", "wc -l"])?;
    ask(&["find . -type f -print0", "tr -cd \\0", "wc -c"])
}

fn ask(stages: &[&str]) -> Result<()> {
    let (output, statuses) = chain::capture(&chain::programs(stages)?)?;
    let fine = statuses.iter().all(|status| status.shell_code() == 0);
    println!(
        "    {} = {} (all stages 0: {fine})",
        stages.join(" | "),
        String::from_utf8_lossy(&output).trim()
    );
    Ok(())
}
