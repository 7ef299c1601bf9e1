//! Message queues as the check's side of them: POSIX (`mq_overview(7)`) and System V (`sysvipc(7)`).
//!
//! Both outlive whoever uses them. So a check gets its names from the room, which makes a leak of each that is
//! still there at the end: what a program has made, it (or the program's own way to remove it) must remove. A queue that
//! the check itself has made is the check's to remove; dropping it does.

mod posix;
mod system_v;

pub use posix::{PosixName, PosixQueue};
pub use system_v::{SystemVKey, SystemVQueue};

/// The name of a queue that must not be there when the room is left.
#[derive(Debug, Clone)]
pub(crate) enum QueueName {
    Posix(String),
    SystemV(libc::key_t),
}

impl QueueName {
    /// In a student's words, if there is such a queue.
    pub(crate) fn left(&self) -> Option<String> {
        match self {
            Self::Posix(name) => posix::exists(name).then(|| format!("/dev/mqueue{name}")),
            Self::SystemV(key) => {
                system_v::id(*key).map(|id| format!("System V message queue {id} (key {key})"))
            }
        }
    }

    /// What a program has left is no trouble for the next check.
    pub(crate) fn remove(&self) {
        match self {
            Self::Posix(name) => posix::remove(name),
            Self::SystemV(key) => system_v::remove(*key),
        }
    }
}
