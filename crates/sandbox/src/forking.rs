//! Keeps the writing of programs apart from forks.
//!
//! A child has a copy of every descriptor until its exec. If one thread writes a program while another forks, the
//! child holds the program open for writing, and until it has exec'd, whoever runs the program gets `ETXTBSY`.
//! `execve(2)`; golang/go issue 22315 tells the story.

use std::sync::{PoisonError, RwLock};

static FORKING: RwLock<()> = RwLock::new(());

/// Does `work`, which writes files that are to be executed, while no sandbox is being started by this process.
pub fn while_nobody_forks<T>(work: impl FnOnce() -> T) -> T {
    let _guard = FORKING.write().unwrap_or_else(PoisonError::into_inner);
    work()
}

/// Does `fork`, which returns when the child has exec'd, while nobody writes a program.
pub(crate) fn while_nobody_writes_programs<T>(fork: impl FnOnce() -> T) -> T {
    let _guard = FORKING.read().unwrap_or_else(PoisonError::into_inner);
    fork()
}
