//! Claim: a program does not know whether descriptor 0 or 1 is a pipe, a file or a terminal, unless it asks.
//!
//! The same `sh` looks at its two standard descriptors as first, middle and last stage of a pipeline. The ends of
//! the pipeline are given: a file to read from and this process to print to.
//!
//! Usage: cargo run -q -p pipeline-shell --example standard_descriptors_may_be_pipes
//! See also: `stdin(3)`, `fstat(2)`, `isatty(3)`

use anyhow::{Context, Result};
use pipeline_shell::{chain, exec::Program, pipe, status};
use std::fs::File;

/// Passes its input on, then says of what kind its descriptors are.
const LOOK: &str =
    "cat; exec 3>&1; kind() { if test -p /dev/fd/$1; then echo a pipe; else echo something else; fi; }
                    echo \"$0: input is $(kind 0), output is $(kind 3)\"";

fn main() -> Result<()> {
    let stages = ["first", "middle", "last"].map(|name| Program::new(&["sh", "-c", LOOK, name]));
    let stages = stages.into_iter().collect::<Result<Vec<_>>>()?;
    let nothing = File::open("/dev/null").context("open /dev/null")?;
    let kept = tempfile::NamedTempFile::new().context("make a file for the output")?;
    for pid in
        chain::start(&stages, Some(nothing.into()), Some(kept.reopen().context("open it again")?.into()))?
    {
        status::wait(pid)?;
    }
    print!(
        "{}",
        String::from_utf8_lossy(&pipe::read_all(File::open(kept.path()).context("open the output")?)?)
    );
    Ok(())
}
