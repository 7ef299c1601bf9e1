//! Claim: a signal handler interrupts a call that waits: EINTR, nothing is lost, call again. SA_RESTART does that for
//! recv, but never for poll.
//!
//! So each call that may wait stands in a loop (`ipc_kit::retry`), whether signals are expected or not: a library, a
//! debugger or a terminal may bring one.
//!
//! Usage: cargo run -q -p client-server --example a_signal_interrupts_recv
//! See also: `signal(7)` (Interruption of system calls), `sigaction(2)`
#![allow(unsafe_code, reason = "sigaction(2) installs a handler")]

use anyhow::{Context, Result};
use client_server::asleep::{self, Call};
use client_server::{background::Background, connect, stream};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction};
use nix::sys::socket::{MsgFlags, SockType, recv};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

extern "C" fn do_nothing(_signal: i32) {}

fn main() -> Result<()> {
    interrupted("recv", SaFlags::empty(), Call::Receive)?;
    interrupted("recv with SA_RESTART", SaFlags::SA_RESTART, Call::Receive)?;
    interrupted("poll with SA_RESTART", SaFlags::SA_RESTART, Call::Poll)
}

fn interrupted(what: &str, flags: SaFlags, call: Call) -> Result<()> {
    let (ours, theirs) = connect::pair(SockType::Stream)?;
    let child = Background::run(|| {
        let action = SigAction::new(SigHandler::Handler(do_nothing), flags, SigSet::empty());
        // SAFETY: the handler does nothing, so it does nothing that is unsafe in a handler.
        unsafe { sigaction(Signal::SIGUSR1, &action) }.context("install a handler")?;
        println!("{what}: {}", wait_in(call, &theirs));
        Ok(())
    })?;
    asleep::until(child.pid(), call)?;
    kill(child.pid(), Signal::SIGUSR1).context("send a signal")?;
    if flags.is_empty() || call == Call::Poll {
        // It comes back by the signal alone, prints, and ends.
        child.wait()?;
    } else {
        // Sent when it has taken the signal: the pending bit is gone.
        while is_pending(&child)? {
            std::thread::yield_now();
        }
        stream::send_all(&ours, b"data")?;
        child.wait()?;
    }
    Ok(())
}

fn wait_in(call: Call, socket: &OwnedFd) -> String {
    let waited = match call {
        Call::Poll => {
            poll(&mut [PollFd::new(socket.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE).map(|_| 0)
        }
        _ => recv(socket.as_raw_fd(), &mut [0; 100], MsgFlags::empty()),
    };
    match waited {
        Err(Errno::EINTR) => "EINTR: call again".to_owned(),
        Ok(count) => format!("restarted by the kernel, then {count} bytes"),
        Err(reason) => reason.to_string(),
    }
}

/// Whether a signal sent to the child has not been delivered yet.
fn is_pending(child: &Background) -> Result<bool> {
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", child.pid())).context("look at the child")?;
    let pending = status.lines().find_map(|line| line.strip_prefix("ShdPnd:")).context("find ShdPnd")?;
    Ok(pending.trim().chars().any(|digit| digit != '0'))
}
