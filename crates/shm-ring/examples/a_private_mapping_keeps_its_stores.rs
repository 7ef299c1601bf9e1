//! Claim: MAP_SHARED stores in the file, MAP_PRIVATE in a copy of the page that is made at the first store.
//!
//! Until then a private mapping shows the file, later changes included (POSIX leaves that open; Linux does it so).
//! After it, it shows its own page for ever.
//!
//! Usage: cargo run -q -p shm-ring --example a_private_mapping_keeps_its_stores
//! See also: `mmap(2)` (MAP_SHARED, MAP_PRIVATE)

use std::sync::atomic::Ordering::Relaxed;

use anyhow::Result;
use shm_ring::map::{Mapping, Sharing};
use shm_ring::memfd;

fn main() -> Result<()> {
    let memory = memfd::create(c"pages", 8192)?;
    let shared = Mapping::of(&memory, 8192, Sharing::Shared)?;
    let private = Mapping::of(&memory, 8192, Sharing::Private)?;
    let show = |what: &str| {
        let [a, b] = [&shared, &private]
            .map(|mapping| (mapping.word(0).load(Relaxed), mapping.word(4096).load(Relaxed)));
        println!("{what}: shared {a:?}, private {b:?}");
    };
    show("two pages, mapped twice ");
    shared.word(0).store(1, Relaxed);
    show("shared stores 1         ");
    private.word(4).store(9, Relaxed);
    show("private stores elsewhere");
    shared.word(0).store(2, Relaxed);
    shared.word(4096).store(2, Relaxed);
    show("shared stores 2 in both ");
    println!("what private stored, seen through shared: {}", shared.word(4).load(Relaxed));
    Ok(())
}
