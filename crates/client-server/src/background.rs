//! A server in a process of its own, for the demonstrations.

use crate::address::Address;
use crate::book::Book;
use crate::{listen, poll, sequential};
use anyhow::{Context, Result, bail};
use ipc_kit::{pipe, run_in_child, wait_for};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::str::FromStr;

/// Which of the two servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One client at a time.
    Sequential,
    /// All clients at once.
    Poll,
}

impl Kind {
    /// Runs the server in this process. Only the poll server can be stopped: the other waits for one thing at a time.
    ///
    /// # Errors
    /// See [`sequential::serve`] and [`poll::serve`].
    pub fn serve(self, listener: impl AsFd, stop: BorrowedFd, book: &mut Book) -> Result<()> {
        match self {
            Self::Sequential => sequential::serve(listener, book).map(|never| match never {}),
            Self::Poll => poll::serve(listener, stop, book),
        }
    }
}

impl FromStr for Kind {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "sequential" => Ok(Self::Sequential),
            "poll" => Ok(Self::Poll),
            _ => bail!("{text:?} is none of sequential, poll"),
        }
    }
}

/// A process that this one started. It is killed and reaped when this is dropped, and killed by the kernel if this
/// process dies without dropping it.
#[derive(Debug)]
pub struct Background {
    pid: Pid,
}

impl Background {
    /// fork—Runs `body` in a child. The child has copies of all descriptors: drop what is the child's alone.
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

    /// A server that already listens, in a child. The listener of this process is closed: the child's is the only one.
    ///
    /// # Errors
    /// See [`Background::run`].
    pub fn server(kind: Kind, listener: OwnedFd, mut book: Book) -> Result<Self> {
        // Nobody writes: the server ends when it is killed.
        let (stop, keeps_it_running) = pipe().context("make a pipe")?;
        Self::run(move || {
            let _write_end_stays_open = keeps_it_running;
            kind.serve(&listener, stop.as_fd(), &mut book)
        })
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

/// A server at a port of 127.0.0.1 that the kernel chose, and its address.
///
/// # Errors
/// See [`listen::stream`] and [`Background::run`].
pub fn start(kind: Kind, book: Book) -> Result<(Background, Address)> {
    let listener = listen::stream(&"127.0.0.1:0".parse()?)?;
    let address = listen::local_address(&listener)?;
    Ok((Background::server(kind, listener, book)?, address))
}
