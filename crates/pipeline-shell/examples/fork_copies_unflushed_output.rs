//! Claim: fork copies this program's buffers too, so output that was not flushed can be printed twice.
//!
//! `print!` without a newline stays in a buffer of the process. After fork there are two such buffers, and both
//! processes write theirs. The cure: flush before fork, or let the child end by `_exit` without writing its copy
//! (which is what `fork::child` does; this child prints a line itself, and so pushes the old text out).
//!
//! Usage: cargo run -q -p pipeline-shell --example fork_copies_unflushed_output
//! See also: `fork(2)`, `stdio(3)`, `_exit(2)`

use anyhow::{Context, Result};
use pipeline_shell::{fork, status};
use std::io::Write;

fn main() -> Result<()> {
    print!("printed once ");
    status::wait(fork::child(child)?)?;
    println!("and then by the parent");

    print!("flushed once ");
    std::io::stdout().flush().context("flush standard output")?;
    status::wait(fork::child(child)?)?;
    println!("and then by the parent");
    Ok(())
}

fn child() -> Result<u8> {
    println!("and then by the child");
    Ok(0)
}
