//! Who is on the other side, and whether it is alive: attaching, leaving, and hearing of a death while asleep.
#![allow(unsafe_code, reason = "pidfd_open(2) and set_robust_list(2) have no wrapper")]

use crate::failure::Failure;
use crate::memory::Memory;
use crate::sync::Side;

/// Takes a side of a ring for this process: its start time, its pid, and the other side looks. In a ring for many
/// there is nothing to take; but the kernel shall know about the lock.
///
/// # Errors
/// A living process has this side.
pub fn attach(memory: &Memory, side: Side, what: &impl std::fmt::Display) -> Result<(), Failure> {
    Ok(()) // M7: say who you are
}

/// Gives the side back.
pub fn detach(memory: &Memory, side: Side) {
    // M7: nobody is here any more
}

/// Which process this side watches, so that its death ends a sleep.
#[derive(Debug, Default)]
pub struct Watch {}
