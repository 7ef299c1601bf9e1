//! Futexes, and what stands on them: mutexes, semaphores, barriers, conditions. futex(2), pthread_mutex_lock(3p).

use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex as StdMutex, PoisonError};

use anyhow::{Context, Result, anyhow};
use nix::sys::signal::{Signal, raise};
use nix::unistd::pipe;

use crate::shared::{Mutex, Segment, Semaphore, sleep_on, wake};
use crate::stage::{Gate, asleep_in, child, pause, pour, rename, take, wait_all, wait_for};

/// The consumer sleeps on one word, the producer changed another one and waits for a signal.
pub(crate) fn futex_unwoken() -> Result<()> {
    rename("main")?;
    let ring = Segment::named()?;
    let consumer = child("consumer", &[], || {
        sleep_on(ring.word(64), 0, 0);
        Ok(())
    })?;
    asleep_in(consumer, &[libc::SYS_futex])?;
    child("producer", &[], || {
        ring.word(128).store(1, Ordering::Release);
        pause()
    })?;
    wait_all()
}

/// The producer stored the flag but never called wake.
pub(crate) fn futex_missed() -> Result<()> {
    rename("main")?;
    let ring = Segment::named()?;
    let consumer = child("consumer", &[], || {
        sleep_on(ring.word(64), 0, 0);
        Ok(())
    })?;
    asleep_in(consumer, &[libc::SYS_futex])?;
    child("producer", &[], || {
        ring.word(64).store(1, Ordering::Release);
        Ok(())
    })?;
    wait_all()
}

/// Sleep and wake carry the private flag, on memory that two processes share.
pub(crate) fn futex_private() -> Result<()> {
    rename("main")?;
    let ring = Segment::named()?;
    let consumer = child("consumer", &[], || {
        sleep_on(ring.word(64), 0, libc::FUTEX_PRIVATE_FLAG);
        Ok(())
    })?;
    asleep_in(consumer, &[libc::SYS_futex])?;
    child("producer", &[], || {
        wake(ring.word(64), libc::FUTEX_PRIVATE_FLAG);
        Ok(())
    })?;
    wait_all()
}

/// A worker was killed while it held the mutex.
pub(crate) fn dead_owner() -> Result<()> {
    rename("main")?;
    let mutex = Segment::named()?.mutex(0)?;
    let first = child("worker-1", &[], || {
        mutex.lock()?;
        raise(Signal::SIGKILL).context("die")
    })?;
    wait_for(first)?;
    child("worker-2", &[], || mutex.lock())?;
    wait_all()
}

/// Two processes take two mutexes in different orders.
pub(crate) fn lock_order() -> Result<()> {
    rename("main")?;
    let ring = Segment::named()?;
    in_a_circle(ring, &["alice", "bob"])
}

/// Three philosophers, three forks, each has its left one.
pub(crate) fn philosophers() -> Result<()> {
    rename("table")?;
    in_a_circle(Segment::anonymous()?, &["plato", "kant", "hume"])
}

/// Each takes its own mutex, waits at the barrier until all have, and wants its neighbour's.
fn in_a_circle(segment: Segment, names: &[&str]) -> Result<()> {
    let mutexes = (0..names.len()).map(|number| segment.mutex(number * 64)).collect::<Result<Vec<_>>>()?;
    let all_have_one = segment.barrier(1024, u32::try_from(names.len())?)?;
    for (number, name) in names.iter().enumerate() {
        child(name, &[], || {
            mutexes[number].lock()?;
            all_have_one.wait();
            mutexes[(number + 1) % mutexes.len()].lock()
        })?;
    }
    wait_all()
}

/// The owner of a mutex waits for input from the process that waits for the mutex.
pub(crate) fn owner_reads() -> Result<()> {
    rename("main")?;
    let mutex = Segment::named()?.mutex(0)?;
    let (read, write) = pipe()?;
    let gate = Gate::new()?;
    child("owner", &[&write], || {
        mutex.lock()?;
        gate.open()?;
        take(&read, 1)?;
        mutex.unlock()
    })?;
    gate.pass()?;
    child("writer", &[&read], || {
        mutex.lock()?;
        pour(&write, 1)
    })?;
    drop((read, write));
    wait_all()
}

/// One thread locks the same mutex twice.
pub(crate) fn relock() -> Result<()> {
    rename("prog")?;
    let mutex = Mutex::private();
    mutex.lock()?;
    mutex.lock()
}

/// A lock was held at the time of a fork: the child's copy stays locked for ever.
pub(crate) fn fork_while_locked() -> Result<()> {
    rename("prog")?;
    let mutex = Mutex::private();
    mutex.lock()?;
    child("child", &[], || mutex.lock())?;
    mutex.unlock()?;
    wait_all()
}

/// Two threads of one process take two locks in different orders.
pub(crate) fn thread_lock_order() -> Result<()> {
    rename("prog")?;
    let locks = Arc::new([StdMutex::new(()), StdMutex::new(())]);
    let both = Arc::new(std::sync::Barrier::new(2));
    let start = |first: usize| {
        let (locks, both) = (Arc::clone(&locks), Arc::clone(&both));
        std::thread::Builder::new().name(format!("thread-{first}")).spawn(move || {
            let own = locks[first].lock().unwrap_or_else(PoisonError::into_inner);
            both.wait();
            drop(locks[1 - first].lock().unwrap_or_else(PoisonError::into_inner));
            drop(own);
        })
    };
    let threads = [start(0)?, start(1)?];
    for thread in threads {
        thread.join().map_err(|_| anyhow!("a thread panicked"))?;
    }
    Ok(())
}

/// The condition was signalled before anybody waited for it.
pub(crate) fn condition_missed() -> Result<()> {
    rename("prog")?;
    let condition = Condvar::new();
    condition.notify_one();
    let lock = StdMutex::new(());
    let guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
    drop(condition.wait(guard).unwrap_or_else(PoisonError::into_inner));
    Ok(())
}

/// A named semaphore at 0 that nobody posts.
pub(crate) fn sem_wait() -> Result<()> {
    rename("sem-user")?;
    Semaphore::named()?.wait()
}

/// Three workers, and a semaphore that was posted twice.
pub(crate) fn sem_short() -> Result<()> {
    rename("boss")?;
    let tickets = Segment::anonymous()?.semaphore(0, 0)?;
    for _ in 0..3 {
        child("worker", &[], || tickets.wait())?;
    }
    tickets.post()?;
    tickets.post()?;
    wait_all()
}

/// A barrier for three, and one participant died before it came.
pub(crate) fn barrier_dead() -> Result<()> {
    rename("main")?;
    let barrier = Segment::named()?.barrier(0, 3)?;
    for name in ["worker-1", "worker-2"] {
        child(name, &[], || {
            barrier.wait();
            Ok(())
        })?;
    }
    let third = child("worker-3", &[], || raise(Signal::SIGKILL).context("die"))?;
    wait_for(third)?;
    wait_all()
}
