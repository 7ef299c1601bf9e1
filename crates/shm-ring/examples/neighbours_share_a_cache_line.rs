//! Claim: the cores pass memory to each other in lines of 64 bytes. Two words on one line are passed together, even
//! if each is used by one process only. So words of different writers belong on different lines.
//!
//! Shared memory is message passing, done by the caches: each store to a line that another core has costs a message
//! to it. Here only the layout is shown; what it costs is in the README.
//!
//! Usage: cargo run -q -p shm-ring --example neighbours_share_a_cache_line
//! See also: `getconf LEVEL1_DCACHE_LINESIZE`, the Rust reference on `repr(align)`

use std::mem::{offset_of, size_of};
use std::sync::atomic::AtomicU64;

const LINE: usize = 64;

/// Two counters as one writes them down.
#[repr(C)]
struct Crowded {
    sunrises: AtomicU64,
    sunsets: AtomicU64,
}

/// A word with a line of its own.
#[repr(C, align(64))]
struct Line(AtomicU64);

/// Two counters that two processes can count with.
#[repr(C)]
struct Spread {
    sunrises: Line,
    sunsets: Line,
}

fn main() {
    let crowded = [offset_of!(Crowded, sunrises), offset_of!(Crowded, sunsets)];
    let spread = [offset_of!(Spread, sunrises), offset_of!(Spread, sunsets)];
    for (what, [one, other], size) in
        [("crowded", crowded, size_of::<Crowded>()), ("spread", spread, size_of::<Spread>())]
    {
        println!(
            "{what}: offsets {one} and {other}, lines {} and {}, {size} bytes",
            one / LINE,
            other / LINE
        );
    }
}
