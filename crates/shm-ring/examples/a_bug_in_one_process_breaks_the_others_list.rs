//! Claim: with shared memory a bug in one process destroys the structures of all. With messages it would destroy its
//! own.
//!
//! The child was built for another version of the layout: where it believes its temperatures to be, there are nodes
//! of the list. It gets no error, for it may write there. Its parent finds the damage, later, in code that is right.
//!
//! Usage: cargo run -q -p shm-ring --example a_bug_in_one_process_breaks_the_others_list
//! See also: `shm_overview(7)`, and `list.rs`

use std::sync::atomic::Ordering;

use anyhow::Result;
use shm_ring::child::Child;
use shm_ring::list;
use shm_ring::map::{Mapping, Sharing};

/// Where the child believes its table of temperatures to be.
const TEMPERATURES: usize = 32;

fn main() -> Result<()> {
    for sharing in [Sharing::Private, Sharing::Shared] {
        let memory = Mapping::anonymous(4096, sharing)?;
        for value in [3, 2, 1] {
            list::push_front(&memory, value)?;
        }
        let child = Child::start(|| {
            memory.long(TEMPERATURES).store(215, Ordering::Relaxed);
            Ok(())
        })?;
        let code = child.end()?;
        println!("{sharing:?} memory: a child stores a temperature, and ends with {code}");
        match list::values(&memory) {
            Ok(values) => println!("    its parent's list: {values:?}"),
            Err(broken) => println!("    its parent's list: {broken}"),
        }
    }
    Ok(())
}
