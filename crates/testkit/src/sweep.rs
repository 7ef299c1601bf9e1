//! A fault at the first system call, at the second, at the third, and so on: each is tried, none is sampled.

use sandbox::protocol::Verdict;

use crate::failure::fail;

/// More calls than any program of a lab makes in one run of a sweep.
const MOST: u64 = 5000;

/// Calls `run` with 1, 2, 3, … until it says that its fault came too late to happen: the program made fewer calls.
/// `run` makes a room of its own each time, with the fault at this call, and gives
/// [`Finished::fault_delivered`](crate::Finished::fault_delivered). Gives the number of faults that happened.
///
/// ```no_run
/// use testkit::{Fault, Room, sweep};
///
/// # fn prodcon() -> testkit::Program { testkit::Program::at("prodcon", "/bin/true") }
/// sweep(|call| {
///     let room = Room::new();
///     let done = room.command(prodcon()).trace(Fault::KillAt { call, nth_process: 0 }).run();
///     done.fault_delivered()
/// });
/// ```
#[track_caller]
pub fn sweep(mut run: impl FnMut(u64) -> bool) -> u64 {
    for call in 1..=MOST {
        if !run(call) {
            return call - 1;
        }
    }
    fail(Verdict::Fail, format!("it makes too many system calls\nexpected: less than {MOST}\nreceived: more"))
}
