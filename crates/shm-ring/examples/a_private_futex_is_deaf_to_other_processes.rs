//! Claim: with FUTEX_PRIVATE_FLAG the kernel finds sleepers by their address in one process, without it by the memory
//! behind. In shared memory the flag means: nobody is ever woken.
//!
//! Both calls succeed; only the number of those woken tells. Locks made for threads use the flag, the standard
//! library's among them: a std::sync::Mutex in shared memory does not work.
//!
//! Usage: cargo run -q -p shm-ring --example a_private_futex_is_deaf_to_other_processes
//! See also: `futex(2)` (FUTEX_PRIVATE_FLAG)

use std::sync::atomic::AtomicU32;

use anyhow::{Context, Result, bail};
use shm_ring::asleep;
use shm_ring::child::Child;
use shm_ring::futex::{ALL, Scope, wait, wake};
use shm_ring::map::{Mapping, Sharing};

fn main() -> Result<()> {
    let memory = Mapping::anonymous(4096, Sharing::Shared)?;
    let word = memory.word(0);
    for asleep in [Scope::Private, Scope::Shared] {
        for awake in [Scope::Private, Scope::Shared] {
            println!(
                "a child waits {asleep:?}, its parent wakes {awake:?}: {}",
                outcome(word, asleep, awake)?
            );
        }
    }
    Ok(())
}

fn outcome(word: &AtomicU32, asleep: Scope, awake: Scope) -> Result<String> {
    let child = Child::start(|| wait(word, 0, asleep).context("wait"))?;
    asleep::until(child.pid())?;
    match wake(word, ALL, awake).context("wake")? {
        0 => {
            let sleeps = asleep::is(child.pid())?;
            child.kill()?;
            Ok(format!("0 woken, it sleeps on: {sleeps}"))
        }
        1 => Ok(format!("1 woken, exit status {}", child.end()?)),
        more => bail!("one child slept, and {more} were woken"),
    }
}
