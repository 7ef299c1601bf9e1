//! Claim: two processes can share a pipe without having inherited it: a descriptor can be sent by a socket.
//!
//! Here the child exists *before* the pipe. It gets the write end in a message (SCM_RIGHTS) and becomes `sh`, which
//! writes to it. With a Unix socket that has a name, the two need not be related at all.
//!
//! Usage: cargo run -q -p pipeline-shell --example a_pipe_end_can_be_sent_to_another_process
//! See also: `unix(7)` (SCM_RIGHTS), `sendmsg(2)`, `cmsg(3)`

use anyhow::{Context, Result, bail};
use nix::sys::socket::{
    AddressFamily, ControlMessage, ControlMessageOwned, MsgFlags, SockFlag, SockType, recvmsg, sendmsg,
    socketpair,
};
use pipeline_shell::{exec::Program, fork, pipe, status};
use std::io::{IoSlice, IoSliceMut};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

fn main() -> Result<()> {
    let (ours, theirs) = socketpair(AddressFamily::Unix, SockType::Stream, None, SockFlag::SOCK_CLOEXEC)
        .context("make a socket pair")?;
    let child = fork::child(|| {
        let end = receive(&theirs)?;
        let program =
            Program::new(&["sh", "-c", &format!("echo I was born before this pipe >/proc/self/fd/{end}")])?;
        Ok(Program::code_of_failure(program.exec()))
    })?;

    let (reader, writer) = pipe::pipe()?;
    let rights = [writer.as_raw_fd()];
    let message = [IoSlice::new(b"x")]; // A descriptor travels with at least one byte.
    sendmsg::<()>(ours.as_raw_fd(), &message, &[ControlMessage::ScmRights(&rights)], MsgFlags::empty(), None)
        .context("send the write end")?;
    drop(writer);
    print!("{}", String::from_utf8_lossy(&pipe::read_all(&reader)?));
    println!("child: {}", status::wait(child)?);
    Ok(())
}

/// The number under which the received descriptor is open here. It is not close-on-exec.
fn receive(socket: &OwnedFd) -> Result<RawFd> {
    let (mut byte, mut space) = ([0], nix::cmsg_space!(RawFd));
    let mut parts = [IoSliceMut::new(&mut byte)];
    let message = recvmsg::<()>(socket.as_raw_fd(), &mut parts, Some(&mut space), MsgFlags::empty());
    let message = message.context("receive a descriptor")?;
    match message.cmsgs().context("read the control message")?.next() {
        Some(ControlMessageOwned::ScmRights(ends)) if ends.len() == 1 => Ok(ends[0]),
        other => bail!("expected one descriptor, received {other:?}"),
    }
}
