//! Claim: a write of more than PIPE_BUF bytes can be cut in two, and another writer's bytes stand in the gap.
//!
//! To see it every time, the pipe is made small and the long writer is stopped half-way, as a busy machine could
//! do to it at any moment.
//!
//! Usage: cargo run -q -p pipeline-shell --example a_longer_write_can_be_cut_in_two
//! See also: `pipe(7)` (PIPE_BUF), `fcntl(2)` (F_SETPIPE_SZ)

use anyhow::{Context, Result};
use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::signal::{Signal, kill};
use pipeline_shell::{asleep, fork, pipe, status};

fn main() -> Result<()> {
    let (reader, writer) = pipe::pipe()?;
    let room = fcntl(&writer, FcntlArg::F_SETPIPE_SZ(4096)).context("shrink the pipe")?;
    let room = usize::try_from(room).context("read the size of the pipe")?;

    let long_writer = fork::child(|| pipe::write_all(&writer, &vec![b'A'; 2 * room]).map(|()| 0))?;
    asleep::until(long_writer, 'S')?; // The pipe is full, half of the bytes wait.
    kill(long_writer, Signal::SIGSTOP).context("stop the long writer")?;
    asleep::until(long_writer, 'T')?;

    let mut bytes = vec![0; room];
    nix::unistd::read(&reader, &mut bytes).context("make room in the pipe")?;
    pipe::write_all(&writer, &vec![b'B'; room])?;
    drop(writer);
    kill(long_writer, Signal::SIGCONT).context("let the long writer go on")?;

    bytes.extend(pipe::read_all(&reader)?);
    println!("long writer: {}", status::wait(long_writer)?);
    println!(
        "the reader got, {room} bytes a letter: {}",
        bytes.chunks(room).map(|part| char::from(part[0])).collect::<String>()
    );
    Ok(())
}
