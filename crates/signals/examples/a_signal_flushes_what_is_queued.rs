//! Claim: a signal overtakes the data. A megabyte of requests waits in a pipe; "forget them", sent as one more request,
//! waits behind them; sent as a signal, it comes first.
//!
//! The handler only sets a flag (here: a count). The loop sees it between two requests: the current one is finished,
//! the queued ones are read and dropped.
//!
//! Usage: cargo run -q -p signals --example a_signal_flushes_what_is_queued
//! See also: `pipe(7)` (F_SETPIPE_SZ), `signal(7)`

use anyhow::{Context, Result};
use ipc_kit::{pipe, retry, write_all};
use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::signal::{SaFlags, Signal};
use nix::unistd::read;
use signals::child::{Child, Gate};
use signals::{asleep, look, tally};
use std::os::fd::OwnedFd;

const QUEUED: usize = 1 << 20; // One byte a request, and the most that a user may make a pipe hold.

fn main() -> Result<()> {
    tally::start(Signal::SIGUSR1, SaFlags::SA_RESTART).context("install a handler")?;
    for by_signal in [false, true] {
        let (requests, writer) = pipe().context("make a pipe")?;
        fcntl(&writer, FcntlArg::F_SETPIPE_SZ(1 << 20)).context("make the pipe larger")?;
        write_all(&writer, &vec![b'r'; QUEUED - 1]).context("queue requests")?;
        let mut writer = Some(writer);
        let server = Child::run(|gate| {
            writer.take();
            serve(&requests, gate)
        })?;
        asleep::until_in(server.pid(), libc::SYS_read)?; // In the middle of the first request.
        if by_signal {
            server.send(Signal::SIGUSR1)?;
            look::until_taken(server.pid(), Signal::SIGUSR1)?;
        } else {
            write_all(writer.as_ref().context("the write end is here")?, b"f").context("queue a flush")?;
        }
        writer.take();
        print!("flush sent {}: ", if by_signal { "as a signal" } else { "as a request" });
        std::io::Write::flush(&mut std::io::stdout()).context("print")?;
        server.open()?;
        server.wait()?;
    }
    Ok(())
}

/// The first request takes until the gate opens, the others no time.
fn serve(requests: &OwnedFd, gate: &Gate) -> Result<()> {
    let (mut served, mut dropped, mut request) = (0, 0, [0]);
    let mut is_flushed = false;
    while retry(|| read(requests, &mut request)).context("read a request")? > 0 {
        if request == *b"f" || tally::of(Signal::SIGUSR1) > 0 {
            is_flushed = true;
        }
        if is_flushed {
            dropped += usize::from(request == *b"r");
            continue;
        }
        if served == 0 {
            gate.wait()?;
        }
        served += 1;
    }
    println!("{served} served, {dropped} dropped");
    Ok(())
}
