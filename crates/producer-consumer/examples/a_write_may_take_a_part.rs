//! Claim: a non-blocking write of a long record may take a part of it, and the rest is the caller's to keep.
//!
//! The pipe has room for 8192 bytes, the record has 10 000. What was taken cannot be taken back: the reader has already
//! half a record, so the writer must send the rest before anything else, or the stream is spoiled.
//!
//! Usage: cargo run -q -p producer-consumer --example a_write_may_take_a_part
//! See also: `write(2)` (RETURN VALUE), `pipe(7)` (PIPE_BUF, O_NONBLOCK and n > PIPE_BUF)

use anyhow::{Context, Result};
use nix::errno::Errno;
use producer_consumer::{buffer, framing};

fn main() -> Result<()> {
    let (reader, writer) = buffer::bounded(2)?;
    buffer::set_nonblocking(&writer)?;
    let bytes = framing::frame(&[b'x'; 9996])?;

    let taken = nix::unistd::write(&writer, &bytes).context("write")?;
    println!("of {} bytes, write took {taken}", bytes.len());
    let refusal = nix::unistd::write(&writer, &bytes[taken..]).expect_err("the pipe is full");
    println!("write of the rest: {}", if refusal == Errno::EAGAIN { "EAGAIN" } else { refusal.desc() });

    let mut first_part = vec![0; taken];
    framing::fill(&reader, &mut first_part)?;
    let taken = nix::unistd::write(&writer, &bytes[taken..]).context("write")?;
    println!("after the reader made room, write took {taken}");
    let mut second_part = vec![0; taken];
    framing::fill(&reader, &mut second_part)?;
    println!("the reader has the record: {}", [first_part, second_part].concat() == bytes);
    Ok(())
}
