//! Claim: "what is written is visible at once" is wrong. Another process may see two stores in the other order,
//! unless the second is a release *and* the load that sees it is an acquire.
//!
//!     writer: data = 1; flag = 1          reader: f = flag; d = data          may be f = 1 and d = 0?
//!
//! One half of the pair is not enough: then the other process does the reordering. This is a model that tries
//! everything; on x86-64 you would meet the bad outcome only if the compiler reorders, on ARM any day.
//!
//! Usage: cargo run -q -p shm-ring --example a_flag_may_be_seen_before_its_data
//! See also: `litmus.rs`, `std::sync::atomic::Ordering`

use shm_ring::litmus::Order::{Acquire, Relaxed, Release};
use shm_ring::litmus::Step::{Load, Store};
use shm_ring::litmus::outcomes;

const DATA: usize = 0;
const FLAG: usize = 1;

fn main() {
    for (store, load) in [(Relaxed, Relaxed), (Release, Relaxed), (Relaxed, Acquire), (Release, Acquire)] {
        let writer = [Store(DATA, Relaxed), Store(FLAG, store)];
        let reader = [Load(FLAG, load), Load(DATA, Relaxed)];
        let found = outcomes(&writer, &reader);
        let answer =
            if found.contains(&vec![1, 0]) { "the flag without the data" } else { "never the flag alone" };
        println!("store {store:?}, load {load:?}: {} outcomes: {answer}", found.len());
    }
    let careless = [Store(FLAG, Release), Store(DATA, Relaxed)];
    let reader = [Load(FLAG, Acquire), Load(DATA, Relaxed)];
    let seen = outcomes(&careless, &reader).contains(&vec![1, 0]);
    println!("the flag first in the program: release and acquire help: {}", !seen);
}
