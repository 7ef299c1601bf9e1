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

/// The first of 1, 2, 3, … for which `run` says true, found by doubling and halving in about a dozen runs where a sweep
/// needs a hundred. `run` must be false up to some call and true from there on, as "the socket's file is there" is. Where a
/// program makes a call more or less from run to run, the answer is as much beside it: begin a little earlier.
#[must_use]
#[track_caller]
pub fn first_call(mut run: impl FnMut(u64) -> bool) -> u64 {
    let mut high = 1;
    while !run(high) {
        high *= 2;
        if high > MOST {
            fail(
                Verdict::Fail,
                format!("it makes too many system calls\nexpected: less than {MOST}\nreceived: more"),
            );
        }
    }
    let mut low = high / 2;
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if run(middle) { high = middle } else { low = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_call_is_found() {
        for first in 1..200 {
            let mut runs = 0;
            let found = first_call(|call| {
                runs += 1;
                call >= first
            });
            assert_eq!(found, first);
            assert!(runs <= 17, "{runs} runs for {first}");
        }
    }
}
