//! What if somebody cuts the file while it is mapped? Then touching the lost pages is SIGBUS. mmap(2), sigaction(2).
#![allow(unsafe_code, reason = "sigaction(2), and calls in a signal handler")]

use std::fmt::Display;

/// From now on a segment that is cut short ends ring with a message and status 4.
pub fn guard(what: &impl Display) {
    // M6: catch SIGBUS
}
