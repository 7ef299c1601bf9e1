//! Claim: two processes that are not related can share a pipe: a descriptor can be sent over a socket (SCM_RIGHTS).
//!
//! "Pipes only between related processes" is half of the truth. Here two programs that know only the *name* of a socket
//! meet there; one makes a pipe, keeps the read end and sends the write end. Neither inherited it.
//!
//! Usage: cargo run -q -p client-server --example strangers_can_share_a_pipe
//! See also: `unix(7)` (SCM_RIGHTS), `sendmsg(2)`, `pass.rs`

use anyhow::{Context, Result, ensure};
use client_server::background::Background;
use client_server::{address::Address, connect, listen, pass};
use ipc_kit::{pipe, read_to_end, write_all};

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    let meeting_point = Address::Path(folder.path().join("meeting-point"));
    let door = listen::stream(&meeting_point)?;

    let reader = Background::run(move || {
        let stranger = listen::accept(&door)?;
        let (read_end, write_end) = pipe().context("make a pipe")?;
        pass::send_descriptor(&stranger, &write_end)?;
        drop(write_end);
        print!("through the pipe: {}", String::from_utf8_lossy(&read_to_end(&read_end).context("read")?));
        Ok(())
    })?;
    let writer = Background::run(|| {
        let stranger = connect::stream(&meeting_point)?;
        let write_end = pass::receive_descriptor(&stranger)?;
        write_all(&write_end, b"we have never met\n").context("write")
    })?;
    ensure!(writer.wait()? == 0, "the writer ends well");
    ensure!(reader.wait()? == 0, "the reader ends well");
    Ok(())
}
