//! Claim: who writes to a pipe that nobody can read any more is ended by SIGPIPE.
//!
//! That is how `yes | head -n 1` ends although `yes` writes for ever: a message from the operating system to the
//! writer. Shells report it as 128 + 13 = 141.
//!
//! Usage: cargo run -q -p pipeline-shell --example sigpipe_ends_a_writer_nobody_reads
//! See also: `pipe(7)`, `signal(7)`

use anyhow::Result;
use pipeline_shell::chain;

fn main() -> Result<()> {
    let stages = chain::programs(&["yes", "head -n 1"])?;
    let (output, statuses) = chain::capture(&stages)?;
    println!("output: {:?}", String::from_utf8_lossy(&output));
    for (stage, status) in stages.iter().zip(statuses) {
        println!("{}: {status}; a shell says {}", stage.name(), status.shell_code());
    }
    Ok(())
}
