//! Claim: after fork, parent and child share no memory; what the child finds out must be *sent*.
//!
//! Both have a variable `answer` at the same address. The child changes its own copy, then sends it by a pipe.
//!
//! Usage: cargo run -q -p pipeline-shell --example a_child_changes_only_its_own_memory
//! See also: `fork(2)`

use anyhow::Result;
use pipeline_shell::{fork, pipe, status};

fn main() -> Result<()> {
    let mut answer = 0_u8;
    let (reader, writer) = pipe::pipe()?;
    let pid = fork::child(|| {
        answer = 42;
        pipe::write_all(&writer, &[answer])?;
        Ok(0)
    })?;
    drop(writer); // The child has its own copy.
    let received = pipe::read_all(&reader)?;
    status::wait(pid)?;
    println!("the parent's variable: {answer}");
    println!("the byte from the pipe: {}", received[0]);
    Ok(())
}
