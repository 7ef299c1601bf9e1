//! A child process that can be signalled, let go on, and waited for: for the demonstrations.

use crate::end::End;
use crate::number::Number;
use crate::{asleep, send};
use anyhow::{Context, Result};
use ipc_kit::{pipe, retry, run_in_child, wait_for, write_all};
use nix::errno::Errno;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, read};
use std::mem::ManuallyDrop;
use std::os::fd::OwnedFd;

/// A process that this one started. It is killed and reaped when this is dropped, and killed by the kernel if this
/// process dies without dropping it.
#[derive(Debug)]
pub struct Child {
    pid: Pid,
    opener: OwnedFd,
}

/// Where a child waits until its parent opens.
#[derive(Debug)]
pub struct Gate(OwnedFd);

impl Gate {
    /// read — Sleeps until the parent opens. A signal may run its handler meanwhile, but does not end the sleep.
    ///
    /// # Errors
    /// None in practice.
    pub fn wait(&self) -> Result<()> {
        retry(|| read(&self.0, &mut [0])).map(drop).context("wait at the gate")
    }
}

impl Child {
    /// fork — Runs `body` in a child, which ends with code 0, or with 1 and a message.
    ///
    /// # Errors
    /// See [`run_in_child`].
    pub fn run(body: impl FnOnce(&Gate) -> Result<()>) -> Result<Self> {
        let (reader, opener) = pipe().context("make a pipe")?;
        let (gate, mut opener) = (Gate(reader), Some(opener));
        let pid = run_in_child(|| {
            opener.take(); // The child's copy is closed; the parent's is not.
            match set_pdeathsig(Signal::SIGKILL).map_err(Into::into).and_then(|()| body(&gate)) {
                Ok(()) => 0,
                Err(error) => {
                    eprintln!("child: {error:#}");
                    1
                }
            }
        });
        let pid = pid.context("start a child")?;
        Ok(Self { pid, opener: opener.expect("only the child has taken it") })
    }

    /// fork — The same; the child waits at its gate, and this returns when it sleeps there.
    ///
    /// # Errors
    /// See [`run_in_child`].
    pub fn run_to_gate(body: impl FnOnce() -> Result<()>) -> Result<Self> {
        let child = Self::run(|gate| {
            gate.wait()?;
            body()
        })?;
        asleep::until_in(child.pid, libc::SYS_read)?;
        Ok(child)
    }

    /// The child's process number.
    #[must_use]
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// kill — Sends it a signal.
    ///
    /// # Errors
    /// None in practice: a child that was not reaped can be signalled, even if it has ended.
    pub fn send(&self, number: impl Into<Number>) -> Result<()> {
        let number = number.into();
        send::kill(self.pid, number).with_context(|| format!("send {number}"))
    }

    /// kill — Stops it, and returns when it stands still.
    ///
    /// # Errors
    /// When it ends first.
    pub fn stop(&self) -> Result<()> {
        self.send(Signal::SIGSTOP)?;
        asleep::until(self.pid, 'T')
    }

    /// write — Opens its gate, once. A child that has ended stands at no gate: then nothing happens.
    ///
    /// # Errors
    /// None in practice.
    pub fn open(&self) -> Result<()> {
        match write_all(&self.opener, b"x") {
            Ok(()) | Err(Errno::EPIPE) => Ok(()),
            Err(reason) => Err(reason).context("open the gate"),
        }
    }

    /// waitpid — Waits until it ends by itself, and tells how.
    ///
    /// # Errors
    /// None in practice: it is our child, and waited for once.
    pub fn wait(self) -> Result<End> {
        let status = wait_for(ManuallyDrop::new(self).pid).context("wait for the child")?;
        End::of(status)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Neither can fail: the child was not waited for, so its number is still its own.
        let _ = send::kill(self.pid, Signal::SIGKILL);
        let _ = wait_for(self.pid);
    }
}
