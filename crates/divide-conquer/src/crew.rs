//! The processes of one computation: started together, waited for together, and never left behind.

use anyhow::{Context, Result, ensure};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpid, getppid};

/// Children that are numbered from 0, in the order of their start.
#[derive(Debug)]
pub struct Crew {
    pids: Vec<Pid>,
    /// How many of them, from the first on, were waited for.
    reaped: usize,
}

impl Crew {
    /// fork—Starts `size` children. Each runs `body` with its number and ends with the exit code it gives; an error is
    /// printed on stderr and becomes exit code 1.
    ///
    /// `body` may change what it captures: after fork every child has a copy of its own, the parent sees nothing of it.
    /// That is how a child closes the ends it must not hold: it drops its copies.
    ///
    /// # Errors
    /// See [`ipc_kit::run_in_child`]. Those already started are ended.
    pub fn start(size: usize, mut body: impl FnMut(usize) -> Result<u8>) -> Result<Self> {
        let parent = getpid();
        let mut crew = Self { pids: Vec::new(), reaped: 0 };
        for number in 0..size {
            let run = || match end_with(parent).and_then(|()| body(number)) {
                Ok(code) => code,
                Err(error) => {
                    eprintln!("rank {number}: {error:#}");
                    1
                }
            };
            crew.pids.push(ipc_kit::run_in_child(run).context("fork")?);
        }
        Ok(crew)
    }

    /// The process with this number.
    #[must_use]
    pub fn pid(&self, number: usize) -> Pid {
        self.pids[number]
    }

    /// kill—Ends one of them by force. It stays to be waited for.
    ///
    /// # Errors
    /// None in practice: a child that was not waited for can be signalled.
    pub fn kill(&self, number: usize) -> Result<()> {
        kill(self.pids[number], Signal::SIGKILL).with_context(|| format!("kill rank {number}"))
    }

    /// waitpid—Waits for all: their exit codes, or 128 + n for who died of signal n.
    ///
    /// # Errors
    /// None in practice.
    pub fn ends(mut self) -> Result<Vec<u8>> {
        let mut codes = Vec::new();
        while let Some(&pid) = self.pids.get(self.reaped) {
            let status = ipc_kit::wait_for(pid).with_context(|| format!("wait for rank {}", self.reaped))?;
            self.reaped += 1;
            codes.push(ipc_kit::exit_code(status).context("a process that was waited for has ended")?);
        }
        Ok(codes)
    }

    /// waitpid—Waits for all, and each must end well.
    ///
    /// # Errors
    /// Names the first whose exit code is not 0.
    pub fn join(self) -> Result<()> {
        for (number, code) in self.ends()?.into_iter().enumerate() {
            ensure!(code == 0, "rank {number} ended with {code}");
        }
        Ok(())
    }
}

/// kill, waitpid—Whoever was not waited for is ended, whatever it waits for. No process outlives its demonstration.
impl Drop for Crew {
    fn drop(&mut self) {
        for &pid in &self.pids[self.reaped..] {
            // It cannot be the wrong process: a child's number is its own until it is waited for.
            kill(pid, Signal::SIGKILL).expect("a child that was not waited for can be signalled");
            ipc_kit::wait_for(pid).expect("a child that was not waited for can be waited for");
        }
    }
}

/// The kernel kills the child when its parent dies, so an interrupted demonstration leaves nobody behind either.
///
/// See also: `PR_SET_PDEATHSIG(2const)`
fn end_with(parent: Pid) -> Result<()> {
    set_pdeathsig(Signal::SIGKILL).context("ask to die with the parent")?;
    // The parent may have died before we asked; then the kernel has given us another one.
    ensure!(getppid() == parent, "the parent is gone");
    Ok(())
}
