//! Claim: a signal handler interrupts a call that waits: EINTR, nothing is lost, call again. SA_RESTART does that for
//! recv, but never for poll; and a send that has moved some bytes says how many.
//!
//! So each call that may wait stands in a loop (`ipc_kit::retry`, `stream::send_all`), whether signals are expected or
//! not: a library, a debugger or a terminal may bring one.
//!
//! Usage: cargo run -q -p client-server --example a_signal_interrupts_recv
//! See also: `signal(7)` (Interruption of system calls), `sigaction(2)`
#![allow(unsafe_code, reason = "sigaction(2) installs a handler")]

use anyhow::{Context, Result};
use client_server::asleep::{self, Call};
use client_server::{background::Background, connect, stream};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction};
use nix::sys::socket::{MsgFlags, SockType, recv, send};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

const MANY: usize = 4 << 20;

extern "C" fn do_nothing(_signal: i32) {}

fn main() -> Result<()> {
    interrupted(Call::Receive, SaFlags::empty(), |socket| {
        Ok(recv(socket.as_raw_fd(), &mut [0; 100], MsgFlags::empty())
            .map_or_else(|reason| format!("recv: {reason}"), |count| format!("recv: {count} bytes")))
    })?;
    interrupted(Call::Receive, SaFlags::SA_RESTART, |socket| {
        let count = recv(socket.as_raw_fd(), &mut [0; 100], MsgFlags::empty()).context("receive")?;
        Ok(format!("recv with SA_RESTART: {count} bytes"))
    })?;
    interrupted(Call::Poll, SaFlags::SA_RESTART, |socket| {
        let mut ready = [PollFd::new(socket.as_fd(), PollFlags::POLLIN)];
        let reason = poll(&mut ready, PollTimeout::NONE).expect_err("poll is never restarted");
        Ok(format!("poll with SA_RESTART: {reason}"))
    })?;
    interrupted(Call::Send, SaFlags::SA_RESTART, |socket| {
        let count = send(socket.as_raw_fd(), &[b'x'; MANY], MsgFlags::empty()).context("send")?;
        Ok(format!("send of {MANY} bytes with SA_RESTART took a part: {}", count > 0 && count < MANY))
    })?;
    let arrived = interrupted(Call::Send, SaFlags::empty(), |socket| {
        stream::send_all(socket, &[b'x'; MANY]).context("send")?;
        Ok("send_all, interrupted in the middle: done".to_owned())
    })?;
    println!("and {arrived} bytes have arrived");
    Ok(())
}

/// Runs `wait` in a child with a handler, sends a signal when it sleeps in `call`, and then what it may still wait for.
/// Gives the number of bytes that the child has sent.
fn interrupted(call: Call, flags: SaFlags, wait: fn(&OwnedFd) -> Result<String>) -> Result<usize> {
    let (ours, theirs) = connect::pair(SockType::Stream)?;
    let child = Background::run(move || {
        let action = SigAction::new(SigHandler::Handler(do_nothing), flags, SigSet::empty());
        // SAFETY: the handler does nothing, so it does nothing that is unsafe in a handler.
        unsafe { sigaction(Signal::SIGUSR1, &action) }.context("install a handler")?;
        println!("{}", wait(&theirs)?);
        Ok(())
    })?;
    asleep::until(child.pid(), call)?;
    kill(child.pid(), Signal::SIGUSR1).context("send a signal")?;
    while is_pending(&child)? {
        std::thread::yield_now();
    }
    // The signal is taken. What still waits gets bytes, or room.
    if flags == SaFlags::SA_RESTART && call == Call::Receive {
        stream::send_all(&ours, b"data")?;
    }
    let arrived = stream::receive_all(&ours)?.len();
    child.wait()?;
    Ok(arrived)
}

/// Whether a signal sent to the child has not been delivered yet.
fn is_pending(child: &Background) -> Result<bool> {
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", child.pid())).context("look at the child")?;
    let pending = status.lines().find_map(|line| line.strip_prefix("ShdPnd:")).context("find ShdPnd")?;
    Ok(pending.trim().chars().any(|digit| digit != '0'))
}
