//! Claim: an empty pipe stops its reader until a byte comes: the data transfer is also the synchronisation.
//!
//! No signal, no flag and no polling tells the reader to go on. It sleeps inside read.
//!
//! Usage: cargo run -q -p pipeline-shell --example an_empty_pipe_stops_the_reader
//! See also: `pipe(7)`, `read(2)`

use anyhow::Result;
use pipeline_shell::{asleep, fork, pipe, status};

fn main() -> Result<()> {
    let (reader, writer) = pipe::pipe()?;
    let (log, log_writer) = pipe::pipe()?;
    let child = fork::child(|| {
        nix::unistd::read(&reader, &mut [0])?;
        pipe::write_all(&log_writer, b"the reader goes on\n")?;
        Ok(0)
    })?;
    drop(log_writer);

    asleep::until(child, 'S')?;
    println!("nothing written: the reader is asleep");
    pipe::write_all(&writer, b"!")?;
    print!("one byte written: {}", String::from_utf8_lossy(&pipe::read_all(&log)?));
    println!("reader: {}", status::wait(child)?);
    Ok(())
}
