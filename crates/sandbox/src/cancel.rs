//! Ends every run of this process: what a caller wants on Ctrl-C.

use std::sync::atomic::{AtomicBool, Ordering};

static IS_CANCELLED: AtomicBool = AtomicBool::new(false);

/// Stops every run, now and later: each returns with [`End::Cancelled`](crate::End::Cancelled) when nothing
/// of it is left.
pub fn cancel_all() {
    // Relaxed: a lone flag, it orders nothing else.
    IS_CANCELLED.store(true, Ordering::Relaxed);
}

pub(crate) fn is_cancelled() -> bool {
    IS_CANCELLED.load(Ordering::Relaxed)
}
