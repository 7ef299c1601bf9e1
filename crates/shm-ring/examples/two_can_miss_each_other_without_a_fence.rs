//! Claim: release and acquire do not order a store before a later load of another word. Two processes that each
//! announce something and then look for the other's announcement may both see nothing. A SeqCst fence between the two
//! forbids it.
//!
//!     one: mine = 1; see = yours          other: yours = 1; see = mine          may both see 0?
//!
//! A sleeper that says "I wait" and looks once more, beside a waker that publishes and looks for sleepers, is this
//! pair. If both miss, one sleeps for ever. x86-64 really does it: a store waits in the core's store buffer while the
//! next load is served.
//!
//! Usage: cargo run -q -p shm-ring --example two_can_miss_each_other_without_a_fence
//! See also: `litmus.rs`, `std::sync::atomic::fence`

use shm_ring::litmus::Order::{Acquire, Relaxed, Release};
use shm_ring::litmus::Step::{self, Fence, Load, Store};
use shm_ring::litmus::outcomes;

const MINE: usize = 0;
const YOURS: usize = 1;

fn main() {
    let relaxed = |own, other| vec![Store(own, Relaxed), Load(other, Relaxed)];
    let ordered = |own, other| vec![Store(own, Release), Load(other, Acquire)];
    let fenced = |own, other| vec![Store(own, Relaxed), Fence, Load(other, Relaxed)];
    show("relaxed", &relaxed(MINE, YOURS), &relaxed(YOURS, MINE));
    show("release and acquire", &ordered(MINE, YOURS), &ordered(YOURS, MINE));
    show("a fence on one side", &fenced(MINE, YOURS), &ordered(YOURS, MINE));
    show("a fence on both sides", &fenced(MINE, YOURS), &fenced(YOURS, MINE));
}

fn show(what: &str, one: &[Step], other: &[Step]) {
    let found = outcomes(one, other);
    let answer =
        if found.contains(&vec![0, 0]) { "both may see nothing" } else { "at least one sees the other" };
    println!("{what}: {} outcomes: {answer}", found.len());
}
