//! Claim: a pipe has one direction: the read end cannot be written, the write end cannot be read.
//!
//! For two directions take two pipes, or a socket pair.
//!
//! Usage: cargo run -q -p pipeline-shell --example a_pipe_has_one_direction
//! See also: `pipe(7)`, `socketpair(2)`

use anyhow::Result;
use pipeline_shell::pipe;

fn main() -> Result<()> {
    let (reader, writer) = pipe::pipe()?;
    pipe::write_all(&writer, b"this way")?;
    let wrong_write = pipe::write_all(&reader, b"that way").expect_err("the read end is not for writing");
    let wrong_read = pipe::read_all(&writer).expect_err("the write end is not for reading");
    drop(writer);
    println!("write to the read end: {}", wrong_write.root_cause());
    println!("read from the write end: {}", wrong_read.root_cause());
    println!("write end to read end: {:?}", String::from_utf8_lossy(&pipe::read_all(&reader)?));
    Ok(())
}
