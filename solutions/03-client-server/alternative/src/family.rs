//! What processes owe each other: a child that ends with its parent, and one call that waits for several. See
//! `prctl(2)`.

use nix::poll::{PollFd, PollTimeout, poll};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getppid};

use ipc_kit::retry;

/// For a child: from here on the kernel kills it when `parent` ends, however that comes. False if it has ended
/// already.
#[must_use]
pub fn ends_with(parent: Pid) -> bool {
    // Asked after prctl: a parent that ended before it would never be noticed.
    set_pdeathsig(Signal::SIGKILL).is_ok() && getppid() == parent
}

/// poll(2) — waits until at least one of them is up.
///
/// # Errors
/// `ENOMEM`; `EINVAL` if there are more than RLIMIT_NOFILE allows.
pub fn wait_for_any(polled: &mut [PollFd<'_>]) -> nix::Result<()> {
    retry(|| poll(polled, PollTimeout::NONE)).map(drop)
}

/// Whether poll had anything to say about it: what was asked for, an error, or the end.
#[must_use]
pub fn is_up(polled: &PollFd<'_>) -> bool {
    polled.any().unwrap_or(true)
}
