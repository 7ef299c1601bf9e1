//! A server in a process of its own, for the demonstrations, and a gate that holds it up.

use crate::export::{Export, Method, Refusal};
use crate::server_stub;
use crate::unpack::Unpacker;
use anyhow::{Context, Result};
use ipc_kit::{pipe, run_in_child, wait_for};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::File;
use std::io::Read;
use std::os::unix::net::UnixStream;

/// A process that this one started. It is killed and reaped when this is dropped, and killed by the kernel if this
/// process dies without dropping it.
#[derive(Debug)]
pub struct Background {
    pid: Pid,
}

impl Background {
    /// fork—Runs `body` in a child. The child has copies of all descriptors: what it does not own, it must not keep.
    ///
    /// # Errors
    /// See [`run_in_child`].
    pub fn run(body: impl FnOnce() -> Result<()>) -> Result<Self> {
        let pid =
            run_in_child(|| match set_pdeathsig(Signal::SIGKILL).map_err(Into::into).and_then(|()| body()) {
                Ok(()) => 0,
                Err(error) => {
                    eprintln!("child: {error:#}");
                    1
                }
            });
        Ok(Self { pid: pid.context("start a child")? })
    }

    /// The child's process number.
    #[must_use]
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// waitpid—Waits until the child ends by itself; gives its exit code, or 128 + n if signal n ended it.
    ///
    /// # Errors
    /// None in practice: it is our child, and waited for once.
    pub fn wait(self) -> Result<u8> {
        let status = wait_for(std::mem::ManuallyDrop::new(self).pid).context("wait for the child")?;
        ipc_kit::exit_code(status).with_context(|| format!("understand the status {status:?}"))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // Neither can fail: the child was not waited for, so its number is still its own.
        let _ = kill(self.pid, Signal::SIGKILL);
        let _ = wait_for(self.pid);
    }
}

/// A child with one end of a new connection, and the other end. The child's copy of the caller's end is closed, so
/// that it sees the caller hang up.
///
/// # Errors
/// See [`Background::run`].
pub fn connected(body: impl FnOnce(UnixStream) -> Result<()>) -> Result<(Background, UnixStream)> {
    let (ours, theirs) = UnixStream::pair().context("make a connection")?;
    // The child gets both ends by fork. Its copy of ours would keep the connection open after we hang up.
    let mut ours = Some(ours);
    let child = Background::run(|| {
        ours = None; // In the child only: this closure never runs in the parent.
        body(theirs)
    })?;
    Ok((child, ours.context("keep our end")?))
}

/// A server of what is exported, in a child, and a connection to it.
///
/// # Errors
/// See [`Background::run`].
pub fn server(mut exported: impl Export) -> Result<(Background, UnixStream)> {
    connected(move |stream| server_stub::serve(stream, &mut exported))
}

/// An interface that waits at a gate before each call, so that a demonstration can look at what happens meanwhile.
#[derive(Debug)]
pub struct Gated<E> {
    inner: E,
    gate: File,
}

impl<E> Gated<E> {
    /// The gated interface, and what opens it: each byte that is written there lets one call through.
    ///
    /// # Errors
    /// When no pipe can be made.
    pub fn new(inner: E) -> Result<(Self, File)> {
        let (read_end, write_end) = pipe().context("make a gate")?;
        Ok((Self { inner, gate: read_end.into() }, write_end.into()))
    }
}

impl<E: Export> Export for Gated<E> {
    fn methods(&self) -> &'static [Method] {
        self.inner.methods()
    }

    fn perform(&mut self, method: u8, arguments: Unpacker<'_>) -> Result<Vec<u8>, Refusal> {
        self.gate.read_exact(&mut [0]).map_err(|error| Refusal::because(format!("the gate: {error}")))?;
        self.inner.perform(method, arguments)
    }
}
