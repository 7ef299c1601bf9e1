//! Claim: after fork, a parent pays once more for each page that it writes; after posix_spawn it pays nothing.
//!
//! fork copies page tables, and makes each page read-only for both sides. The next write to a page is a fault: the
//! kernel copies the page, or finds that nobody else has it any more. So what a fork costs grows with the memory of the
//! parent, also if the child became another program at once. A count of faults shows it; no clock is needed.
//!
//! Usage: cargo run -q -p pipeline-shell --example fork_makes_the_parent_pay_for_its_pages
//! See also: `fork(2)` (NOTES), `posix_spawn(3)`, `getrusage(2)` (`ru_minflt`), `madvise(2)`
#![allow(unsafe_code, reason = "madvise(2) takes a bare address")]

use anyhow::{Context, Result, bail};
use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, posix_spawnp};
use nix::sys::mman::{MmapAdvise, madvise};
use nix::sys::resource::{UsageWho, getrusage};
use nix::unistd::{SysconfVar, sysconf};
use pipeline_shell::{exec::Program, spawn, status};
use std::ptr::NonNull;

/// Pages that the parent has written before it starts anybody.
const PAGES: usize = 4096;

fn main() -> Result<()> {
    let Some(size) = sysconf(SysconfVar::PAGE_SIZE).context("ask for the size of a page")? else {
        bail!("no size of a page is known");
    };
    let size = usize::try_from(size).context("take the size of a page")?;
    let mut heap = vec![0_u8; (PAGES + 1) * size];
    keep_pages_small(&mut heap, size)?;
    println!("for {PAGES} pages that are new: {}", faults(&mut heap, size)?);
    println!("for the same pages again: {}", faults(&mut heap, size)?);

    status::wait(spawn::spawn(&Program::new(&["true"])?, spawn::Wiring::default())?)?;
    println!("after fork and exec: {}", faults(&mut heap, size)?);

    let actions = PosixSpawnFileActions::init().context("make a list of actions")?;
    let attributes = PosixSpawnAttr::init().context("make attributes")?;
    let environment: [&std::ffi::CStr; 0] = [];
    let spawned = posix_spawnp(c"true", &actions, &attributes, &[c"true"], &environment);
    status::wait(spawned.context("spawn true")?)?;
    println!("after posix_spawn: {}", faults(&mut heap, size)?);
    Ok(())
}

/// Writes one byte to each page, and says how many of them took a fault.
fn faults(heap: &mut [u8], size: usize) -> Result<&'static str> {
    let before = getrusage(UsageWho::RUSAGE_SELF).context("count faults")?.minor_page_faults();
    for page in heap.chunks_mut(size).take(PAGES) {
        page[0] = std::hint::black_box(page[0].wrapping_add(1));
    }
    let after = getrusage(UsageWho::RUSAGE_SELF).context("count faults")?.minor_page_faults();
    // Something else may take a few: a page of the stack, or of the program.
    Ok(match usize::try_from(after - before).context("take a count")? {
        count if count >= PAGES => "a fault for each page",
        count if count < PAGES / 100 => "no faults",
        _ => "some faults",
    })
}

/// Asks for no huge pages: the kernel could take one fault for 512 pages.
fn keep_pages_small(heap: &mut [u8], size: usize) -> Result<()> {
    let start = heap.as_mut_ptr().map_addr(|address| address.next_multiple_of(size));
    let start = NonNull::new(start.cast()).context("find the first whole page")?;
    // SAFETY: `heap` holds PAGES + 1 pages, so PAGES lie in it from its first page boundary on. The advice changes how
    // memory is got, not what is in it.
    unsafe { madvise(start, PAGES * size, MmapAdvise::MADV_NOHUGEPAGE) }.context("ask for small pages")
}
