//! Claim: a write of at most PIPE_BUF (4096) bytes is atomic: its bytes stay together, whoever else writes.
//!
//! Three writers send blocks of 4096 equal letters at the same time. Blocks come in any order, but each is whole.
//!
//! Usage: cargo run -q -p pipeline-shell --example writes_up_to_pipe_buf_do_not_mix
//! See also: `pipe(7)` (PIPE_BUF), and the example a_longer_write_can_be_cut_in_two

use anyhow::Result;
use pipeline_shell::{fork, pipe, status};

const BLOCKS: usize = 200;

fn main() -> Result<()> {
    let (reader, writer) = pipe::pipe()?;
    let mut children = Vec::new();
    for letter in *b"ABC" {
        children.push(fork::child(|| {
            for _ in 0..BLOCKS {
                pipe::write_all(&writer, &[letter; libc::PIPE_BUF])?;
            }
            Ok(0)
        })?);
    }
    drop(writer);
    let bytes = pipe::read_all(&reader)?;
    for child in children {
        status::wait(child)?;
    }
    let mixed =
        bytes.chunks(libc::PIPE_BUF).filter(|block| block.iter().any(|byte| *byte != block[0])).count();
    println!("{} blocks of {} bytes, {mixed} of them mixed", bytes.len() / libc::PIPE_BUF, libc::PIPE_BUF);
    Ok(())
}
