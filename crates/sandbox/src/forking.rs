//! Keeps apart from forks what a child's copies of the descriptors would disturb.
//!
//! A child has a copy of every descriptor until its exec, `O_CLOEXEC` or not. If one thread writes a program while another
//! forks, the child holds the program open for writing, and until it has exec'd, whoever runs the program gets `ETXTBSY`. If
//! one thread closes the last end of a pipe, the child has it still, and who should get `EPIPE` writes to nobody without an
//! error. `execve(2)`; golang/go issue 22315 tells the story.

use std::sync::{PoisonError, RwLock};

static FORKING: RwLock<()> = RwLock::new(());

/// Does `work`, which writes a program or closes a descriptor for everybody, while nobody stands between fork and exec.
pub fn while_nobody_forks<T>(work: impl FnOnce() -> T) -> T {
    let _guard = FORKING.write().unwrap_or_else(PoisonError::into_inner);
    work()
}

/// Does `fork`, which returns when the child has exec'd. Several may do so at once.
pub fn while_forking<T>(fork: impl FnOnce() -> T) -> T {
    let _guard = FORKING.read().unwrap_or_else(PoisonError::into_inner);
    fork()
}
