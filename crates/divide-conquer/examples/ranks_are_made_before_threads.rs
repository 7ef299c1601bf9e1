//! Claim: the outer layer comes first: fork, then threads. A process that has threads already must not be forked.
//!
//! Fork copies all memory, but only the thread that calls it. A lock that another thread held stays locked in the child, and
//! nobody is left to open it. `ipc_kit::run_in_child` counts the threads, and refuses.
//!
//! Usage: cargo run -q -p divide-conquer --example ranks_are_made_before_threads
//! See also: `fork(2)`, `pthread_atfork(3)`

use anyhow::{Context, Result};
use std::sync::mpsc;

fn main() -> Result<()> {
    let first = ipc_kit::run_in_child(threads_in_the_child).context("fork")?;
    let status = ipc_kit::wait_for(first).context("wait")?;
    println!("fork, then threads: the child ends with {:?}", ipc_kit::exit_code(status));

    let (go, wait) = mpsc::channel::<()>();
    let thread = std::thread::spawn(move || wait.recv().is_err());
    println!("a thread, then fork: {:?}", ipc_kit::run_in_child(|| 0));
    drop(go);
    let ended = thread.join().is_ok_and(|disconnected| disconnected);
    println!("the thread has ended: {ended}");
    Ok(())
}

/// 10, if three threads have done their part.
fn threads_in_the_child() -> u8 {
    let threads: Vec<_> = (2..5).map(|number| std::thread::spawn(move || number)).collect();
    threads.into_iter().filter_map(|thread| thread.join().ok()).sum::<u8>() + 1
}
