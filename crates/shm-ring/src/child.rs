//! For the demonstrations: a child that runs some code, and does not outlive its parent's interest.

use anyhow::{Context, Result};
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A running child. Dropped, it is killed and waited for.
#[derive(Debug)]
pub struct Child {
    pid: Pid,
    waited: bool,
}

impl Child {
    /// fork—Runs `body` in a child. It ends with 0, or with 1 and the error printed.
    ///
    /// # Errors
    /// When there can be no more processes.
    pub fn start(body: impl FnOnce() -> Result<()>) -> Result<Self> {
        let pid = ipc_kit::run_in_child(|| match body() {
            Ok(()) => 0,
            Err(error) => {
                eprintln!("child: {error:#}");
                1
            }
        });
        Ok(Self { pid: pid.context("start a child")?, waited: false })
    }

    /// Its number.
    #[must_use]
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// waitpid—Waits for its end: its exit status, or 128 + n when signal n has ended it.
    ///
    /// # Errors
    /// When it was waited for by somebody else.
    pub fn end(mut self) -> Result<u8> {
        self.wait()
    }

    /// kill—Ends it at whatever it is doing, by SIGKILL, and waits for its end.
    ///
    /// # Errors
    /// When it was waited for by somebody else.
    pub fn kill(mut self) -> Result<()> {
        kill(self.pid, Signal::SIGKILL).context("kill a child")?;
        self.wait().map(drop)
    }

    fn wait(&mut self) -> Result<u8> {
        let status = ipc_kit::wait_for(self.pid).context("wait for a child")?;
        self.waited = true;
        ipc_kit::exit_code(status).context("a child has stopped")
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.waited {
            // Reached only on the way out of an error, which is the one to report.
            let _ = kill(self.pid, Signal::SIGKILL);
            let _ = self.wait();
        }
    }
}

/// setrlimit—Asks for no core file: for a child that is going to end by a fault, as it should.
///
/// # Errors
/// None for a limit that becomes smaller.
pub fn leave_no_core() -> Result<()> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0).context("ask for no core file")
}

/// How a child has ended: its exit status, or the signal by its name, since numbers differ between machines.
#[must_use]
pub fn describe(code: u8) -> String {
    match Signal::try_from(i32::from(code) - 128) {
        Ok(signal) => format!("ended by {signal}"),
        Err(_) => format!("exit status {code}"),
    }
}
