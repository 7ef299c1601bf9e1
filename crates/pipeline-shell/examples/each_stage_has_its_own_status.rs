//! Claim: a pipeline has as many statuses as stages; a shell must choose one, or it loses the others.
//!
//! sh takes the last: a failure before it goes unseen. `set -o pipefail` takes the rightmost that is not 0.
//!
//! Usage: cargo run -q -p pipeline-shell --example each_stage_has_its_own_status
//! See also: `waitpid(2)`, `sh(1)` (Pipelines)

use anyhow::Result;
use pipeline_shell::{chain, exec::Program};

fn main() -> Result<()> {
    let exits_3 = Program::new(&["sh", "-c", "exit 3"])?;
    let dies = Program::new(&["sh", "-c", "kill -s KILL $$"])?;
    let stages = [exits_3, dies, Program::new(&["true"])?];
    let statuses = chain::run(&stages)?;
    for (number, status) in statuses.iter().enumerate() {
        println!("stage {number}: {status}, {} to a shell", status.shell_code());
    }
    let codes: Vec<u8> = statuses.iter().map(|status| status.shell_code()).collect();
    println!("the last one: {}", codes.last().copied().unwrap_or(0));
    println!("the rightmost failure: {}", codes.iter().rev().copied().find(|code| *code != 0).unwrap_or(0));
    Ok(())
}
