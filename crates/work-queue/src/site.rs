//! A server to look at: one of the three forms in a child process, for the demonstrations.

use crate::form::Form;
use crate::handler::{Handler, PATIENCE};
use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::WaitStatus;
use nix::unistd::Pid;
use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

/// A running server. It is ended and reaped when dropped, so that a demonstration leaves nothing behind.
#[derive(Debug)]
pub struct Site {
    boss: Pid,
    address: SocketAddr,
    ended: bool,
}

impl Site {
    /// Starts a server for the files below `root`, and returns when it is ready.
    ///
    /// # Errors
    /// When it cannot start.
    pub fn start(form: Form, root: &Path) -> Result<Self> {
        let handler = Handler::new(root, PATIENCE)?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("listen")?;
        let address = listener.local_addr().context("ask for the port")?;
        let (reader, writer) = ipc_kit::pipe().context("make a pipe")?;
        let boss = ipc_kit::run_in_child(|| {
            let served = silence_stderr().and_then(|()| {
                form.serve(&listener, &handler, || ipc_kit::write_all(&writer, b"r").context("say ready"))
            });
            u8::from(served.is_err())
        });
        let site = Self { boss: boss.context("fork the server")?, address, ended: false };
        drop(writer);
        let mut word = [0];
        let count = ipc_kit::retry(|| nix::unistd::read(&reader, &mut word)).context("wait for ready")?;
        anyhow::ensure!(count == 1, "the server has not started");
        Ok(site)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process that was started first.
    #[must_use]
    pub fn boss(&self) -> Pid {
        self.boss
    }

    /// Sends SIGTERM, and waits until the server has ended.
    ///
    /// # Errors
    /// None in practice.
    pub fn stop(mut self) -> Result<WaitStatus> {
        self.end()
    }

    fn end(&mut self) -> Result<WaitStatus> {
        self.ended = true;
        kill(self.boss, Signal::SIGTERM).context("end the server")?;
        ipc_kit::wait_for(self.boss).context("wait for the server")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if !self.ended {
            self.end().expect("the server is a child that was not yet waited for");
        }
    }
}

/// dup2—What the server reports would stand between the lines of the demonstration.
fn silence_stderr() -> Result<()> {
    let nowhere = File::options().write(true).open("/dev/null").context("open /dev/null")?;
    nix::unistd::dup2_stderr(&nowhere).context("redirect stderr")
}
