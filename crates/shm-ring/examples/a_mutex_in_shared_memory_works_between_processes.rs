//! Claim: a mutex of the C library works between processes if it lies in shared memory and was made
//! PTHREAD_PROCESS_SHARED. Who waits for it sleeps in a futex.
//!
//! Without contention lock and unlock are one atomic step each, and no system call.
//!
//! Usage: cargo run -q -p shm-ring --example a_mutex_in_shared_memory_works_between_processes
//! See also: `pthread_mutexattr_setpshared(3)`, and `lock.rs`

use std::sync::atomic::Ordering::Relaxed;

use anyhow::{Context, Result};
use shm_ring::asleep;
use shm_ring::calls::count;
use shm_ring::child::Child;
use shm_ring::lock::{Kind, Lock};
use shm_ring::map::{Mapping, Sharing};

const PROCESSES: u64 = 4;
const INCREMENTS: u64 = 10_000;

fn main() -> Result<()> {
    let (lock, memory) = (Lock::new(Kind::Plain)?, Mapping::anonymous(4096, Sharing::Shared)?);
    let counter = memory.long(0);
    let add = |times: u64| -> Result<()> {
        for _ in 0..times {
            let _held = lock.lock()?;
            counter.store(counter.load(Relaxed) + 1, Relaxed);
        }
        Ok(())
    };
    let children: Vec<Child> =
        (0..PROCESSES).map(|_| Child::start(|| add(INCREMENTS))).collect::<Result<_>>()?;
    children.into_iter().try_for_each(|child| child.end().map(drop))?;
    println!(
        "{PROCESSES} processes load, add, store under a lock, {INCREMENTS} times each: {}",
        counter.load(Relaxed)
    );

    let held = lock.lock()?;
    let other = Child::start(|| add(1))?;
    asleep::until(other.pid())?;
    println!("held here, another sleeps; it may try: {}", try_in_child(&lock)?);
    drop(held);
    println!("given back; the other: exit status {}", other.end()?);

    let calls = count(|| add(1010))? - count(|| add(10))?;
    println!("1000 times without contention: {calls} system calls");
    Ok(())
}

fn try_in_child(lock: &Lock) -> Result<String> {
    let (read, write) = ipc_kit::pipe().context("make a pipe")?;
    let child = Child::start(|| {
        let answer =
            lock.try_lock().map_or_else(|error| error.root_cause().to_string(), |_| "taken".to_owned());
        ipc_kit::write_all(&write, answer.as_bytes()).context("tell")
    })?;
    drop(write);
    let answer = ipc_kit::read_to_end(&read).context("read the answer")?;
    child.end()?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
