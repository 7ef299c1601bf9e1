//! Claim: exit and wait coordinate two processes, they carry no data: of the number, eight bits arrive.
//!
//! A child has counted to 300. It tells its parent twice: by its exit status and by a pipe.
//!
//! Usage: cargo run -q -p pipeline-shell --example an_exit_status_carries_eight_bits
//! See also: `exit(3)`, `waitpid(2)`

use anyhow::{Context, Result};
use pipeline_shell::{fork, pipe, status};

const COUNTED: u32 = 300;

fn main() -> Result<()> {
    let (reader, writer) = pipe::pipe()?;
    let pid = fork::child(|| {
        pipe::write_all(&writer, &COUNTED.to_ne_bytes())?;
        Ok(COUNTED as u8) // What `exit(300)` does in C: the kernel keeps the lowest eight bits.
    })?;
    drop(writer);
    let bytes = pipe::read_all(&reader)?;
    let sent = u32::from_ne_bytes(bytes.try_into().ok().context("the child sends four bytes")?);
    println!("counted: {COUNTED}");
    println!("from wait: {}", status::wait(pid)?);
    println!("from the pipe: {sent}");
    Ok(())
}
