//! Correct programs that wait most of the time: `autopsy` must never call one of them stuck.
//!
//! Each says `ready` and then goes round until somebody ends it. Where it takes its time by the clock, that is the slowness
//! it is about; nothing in it is synchronised by the clock.

mod children;
mod handing;
mod meeting;

use std::time::Duration;

use crate::Case;
use crate::live::nap;

/// Every live program by its name.
pub(crate) const PROGRAMS: &[(&str, Case)] = &[
    ("slow-gate", meeting::gate),
    ("slow-peer", meeting::peer),
    ("slow-fifo", meeting::fifo),
    ("slow-fifo-server", meeting::fifo_server),
    ("slow-server", meeting::server),
    ("slow-poll", meeting::poll_loop),
    ("slow-timer", meeting::timer),
    ("slow-self-pipe", meeting::self_pipe),
    ("slow-signal", meeting::signal),
    ("slow-filter", meeting::filter),
    ("slow-ring", handing::ring),
    ("slow-pool", handing::pool),
    ("slow-flock", handing::flock),
    ("slow-futex", handing::futex),
    ("slow-futex-limit", handing::futex_limit),
    ("slow-mutex", handing::mutex),
    ("slow-semaphore", handing::semaphore),
    ("slow-queue", handing::queue),
    ("slow-threads", handing::threads),
    ("slow-flight", handing::descriptor_in_flight),
    ("slow-stops", children::stopped_and_continued),
    ("slow-exec", children::between_fork_and_exec),
    ("slow-exits", children::quick_exits),
    ("slow-deaf", children::deaf_child),
    ("slow-orphan", children::orphan),
    ("slow-sort", children::sort),
    ("slow-busy", children::busy_child),
];

/// A moment of slowness.
fn slowly() {
    nap(Duration::from_millis(3));
}
