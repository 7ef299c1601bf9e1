//! Claim: one and the same program ends on one transport and hangs on another; what "send" promises decides.
//!
//! Two ranks send 8 pages first, then receive. A pipe of 16 pages, the usual size, buffers it. A pipe of one page does not,
//! and send waits for a receive. MPI leaves this to the implementation, so a program that counts on the buffer is wrong, even where it works.
//!
//! Usage: cargo run -q -p divide-conquer --example whether_a_send_waits_depends_on_the_transport
//! See also: `fcntl(2)` (F_SETPIPE_SZ), `MPI_Send(3)`

use anyhow::{Context, Result};
use divide_conquer::asleep;
use divide_conquer::crew::Crew;
use divide_conquer::mapping::page_size;
use nix::fcntl::{FcntlArg, fcntl};
use std::fs::File;
use std::io::Read;

fn main() -> Result<()> {
    swap(16)?.join()?;
    println!("pipes of 16 pages: both have ended");
    let ranks = swap(1)?;
    for rank in 0..2 {
        asleep::until_in(ranks.pid(rank), libc::SYS_write)?;
        println!("pipes of one page: rank {rank} sleeps in write");
    }
    drop(ranks); // Ends them by force.
    Ok(())
}

/// Two ranks and a pipe in each direction that has room for so many pages.
fn swap(pages: usize) -> Result<Crew> {
    let page = page_size()?;
    let (capacity, message) = (i32::try_from(pages * page)?, vec![b'x'; 8 * page]);
    let pipes = [ipc_kit::pipe().context("make a pipe")?, ipc_kit::pipe().context("make a pipe")?];
    for (_, writer) in &pipes {
        fcntl(writer, FcntlArg::F_SETPIPE_SZ(capacity)).context("set the size of a pipe")?;
    }
    let pipes = pipes.map(|(reader, writer)| (File::from(reader), writer));
    Crew::start(2, |number| {
        ipc_kit::write_all(&pipes[number].1, &message).context("send")?;
        let mut from = &pipes[1 - number].0;
        from.read_exact(&mut vec![0; message.len()]).context("receive")?;
        Ok(0)
    })
}
