//! Claim: a full pipe stops its writer, and a reader that makes room lets it go on (flow control).
//!
//! The writer does nothing for this: it sleeps inside write, and uses no processor time. A fast producer can so
//! never fill the memory of the machine.
//!
//! Usage: cargo run -q -p pipeline-shell --example a_full_pipe_stops_the_writer
//! See also: `pipe(7)`, `write(2)`, and the example a_pipe_holds_65536_bytes

use anyhow::{Context, Result};
use pipeline_shell::{asleep, fork, pipe, status};

const TOTAL: usize = 100_000;

fn main() -> Result<()> {
    let (reader, writer) = pipe::pipe()?;
    let child = fork::child(|| pipe::write_all(&writer, &[b'x'; TOTAL]).map(|()| 0))?;
    drop(writer);

    asleep::until(child, 'S')?;
    println!("the writer of {TOTAL} bytes is asleep");
    let in_pipe = nix::unistd::read(&reader, &mut [0; TOTAL]).context("read what the pipe holds")?;
    println!("in the pipe: {in_pipe} bytes");
    println!("the reader then gets the other {}", pipe::read_all(&reader)?.len());
    println!("writer: {}", status::wait(child)?);
    Ok(())
}
