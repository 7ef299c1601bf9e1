//! Claim: when exec fails the child is still a copy of its parent, and must end: with 127 or 126.
//!
//! exec returns only on failure. A child that then goes on is a second shell on the same terminal. The parent
//! cannot see the reason, only the exit code: 127 for "not found", 126 for "found, but it does not run".
//!
//! Usage: cargo run -q -p pipeline-shell --example a_failed_exec_must_end_the_child
//! See also: `execve(2)` (ERRORS), `exec(3)`

use anyhow::Result;
use pipeline_shell::{chain, exec::Program};

fn main() -> Result<()> {
    for command in ["no-such-program", "/dev/null/ls", "/etc", "/dev/null", "true"] {
        let statuses = chain::run(&[Program::new(&[command])?])?;
        println!("{command}: {}", statuses[0]);
    }
    Ok(())
}
