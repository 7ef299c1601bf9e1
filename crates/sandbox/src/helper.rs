//! The helper: the calling binary, executed again as `__sandbox-init FD`.
//!
//! It is a fresh process with one thread, so it may fork freely. It obeys an [`Order`], reports on the status
//! pipe, and dies with its parent.

use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::sys::stat::{Mode, umask};
use nix::unistd::{Pid, getppid, setsid};

use crate::cgroup::Membership;
use crate::order::{Message, Order, Status};
use crate::spec::Level;
use crate::{INIT_ARG, apart, full, sys};

/// Does the helper's work if this process was started as one (first argument [`INIT_ARG`]), else returns
/// `None` at once. To be called first in `main`, before any thread is started.
#[must_use]
pub fn init_main() -> Option<ExitCode> {
    let mut args = std::env::args_os().skip(1);
    if args.next()? != INIT_ARG {
        return None;
    }
    let fd = args.next().and_then(|fd| fd.to_str()?.parse().ok());
    let code = match fd.context("find the order's descriptor").and_then(obey) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Only if there is no status pipe to say it on; standard error is the caller's log.
            eprintln!("{INIT_ARG}: {error:#}");
            ExitCode::FAILURE
        }
    };
    Some(code)
}

fn obey(fd: i32) -> Result<()> {
    let order = Order::read(sys::adopt(fd).context("open the order")?)?;
    let status = Status::new(sys::adopt(order.status).context("open the status pipe")?);
    let control = sys::adopt(order.control).context("open the control pipe")?;
    let group = Membership::adopt(&order.group)?;
    let done = prepare(&order).and_then(|()| match order.level {
        Level::Full => full::run(&order, &status, control, group),
        Level::Reduced | Level::None => apart::run(&order, &status, &control, &group),
    });
    match done {
        Ok(()) => Ok(()),
        Err(error) => status.send(&Message::Failed(format!("{error:#}"))),
    }
}

fn prepare(order: &Order) -> Result<()> {
    prctl::set_pdeathsig(Signal::SIGKILL).context("arm the parent-death signal")?;
    // The parent may have died before the line above; then no signal comes.
    ensure!(getppid() == Pid::from_raw(order.parent), "the caller has gone");
    sys::cloexec_from_3().context("mark descriptors close-on-exec")?;
    sys::default_signals();
    sys::unblock_signals().context("unblock signals")?;
    umask(Mode::from_bits_truncate(0o022));
    // Without a session of its own, a program could reach the caller's terminal.
    setsid().context("start a session").map(drop)
}

/// What ended the wait of [`wait_for_either`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Woke {
    /// The child has ended (and is not reaped).
    Child,
    /// The parent wants everything dead.
    Stop,
}

/// Blocks until the process of `child` has ended or the parent has closed the control pipe.
pub(crate) fn wait_for_either(child: &OwnedFd, control: &OwnedFd) -> Result<Woke> {
    loop {
        let mut fds =
            [PollFd::new(child.as_fd(), PollFlags::POLLIN), PollFd::new(control.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, PollTimeout::NONE) {
            Err(Errno::EINTR) => continue,
            other => other.context("wait for the first process")?,
        };
        let [child_ready, control_ready] = fds.map(|fd| fd.any().unwrap_or(false));
        if child_ready {
            return Ok(Woke::Child);
        }
        if control_ready {
            return Ok(Woke::Stop);
        }
    }
}

/// What a process that has become another program returns: nothing.
pub(crate) type Never = std::convert::Infallible;
