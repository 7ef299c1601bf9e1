//! What a claim needs of the machine, and why this one may not have it.

use producer_consumer::{posix_queue, system_v};

/// A mechanism that not every machine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Everything that the claim needs is part of every Linux.
    Nothing,
    /// POSIX message queues (`CONFIG_POSIX_MQUEUE`).
    PosixQueues,
    /// System V message queues (`CONFIG_SYSVIPC`).
    SystemV,
}

impl Needs {
    /// Why the claim cannot be shown here, found out by doing: `None` if it can.
    pub(crate) fn missing(self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::PosixQueues => posix_queue::probe()
                .err()
                .map(|reason| format!("POSIX message queues cannot be made here: {reason}")),
            Self::SystemV => system_v::Queue::new()
                .err()
                .map(|reason| format!("System V queues cannot be made here: {reason}")),
        }
    }
}
