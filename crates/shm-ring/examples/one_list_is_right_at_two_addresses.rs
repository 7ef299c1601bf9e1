//! Claim: the kernel chooses where a mapping goes, each time anew. A list whose links are offsets is right at every
//! address.
//!
//! Here one process maps it twice. Two processes are no different, and cannot be told to use the same address: it may
//! be taken.
//!
//! Usage: cargo run -q -p shm-ring --example one_list_is_right_at_two_addresses
//! See also: `mmap(2)` (addr), and `list.rs`

use anyhow::Result;
use shm_ring::map::{Mapping, Sharing};
use shm_ring::{list, memfd};

fn main() -> Result<()> {
    let memory = memfd::create(c"list", 4096)?;
    let first = Mapping::of(&memory, 4096, Sharing::Shared)?;
    let second = Mapping::of(&memory, 4096, Sharing::Shared)?;
    println!("two mappings, one address: {}", first.address() == second.address());
    for value in [30, 20, 10] {
        println!("put {value} in front: its node is at offset {}", list::push_front(&first, value)?);
    }
    println!("through the first:  {:?}", list::values(&first)?);
    println!("through the second: {:?}", list::values(&second)?);
    list::push_front(&second, 5)?;
    println!("put 5 in front through the second; through the first: {:?}", list::values(&first)?);
    drop(first);
    println!("the first unmapped; through the second: {:?}", list::values(&second)?);
    Ok(())
}
