//! Claim: a semaphore counts, and sleeps at zero. It has no owner: anybody may post, so it can tell something; and
//! when somebody dies between wait and post, its one is lost.
//!
//! So a semaphore is for counting free things and telling news, a robust mutex for protecting what can be half
//! changed.
//!
//! Usage: cargo run -q -p shm-ring --example a_semaphore_has_no_owner
//! See also: `sem_overview(7)`, `sem_init(3)` (pshared), and `semaphore.rs`

use anyhow::Result;
use shm_ring::asleep;
use shm_ring::child::Child;
use shm_ring::gate::Gate;
use shm_ring::semaphore::Semaphore;

fn main() -> Result<()> {
    let news = Semaphore::new(0)?;
    let child = Child::start(|| news.wait())?;
    asleep::until(child.pid())?;
    println!("0: a child sleeps");
    news.post()?;
    println!("posted by its parent, who never waited; child: exit status {}", child.end()?);
    news.post()?;
    news.post()?;
    println!("posted twice, nobody waits: {}; it remembers", news.value()?);

    let free = Semaphore::new(1)?;
    let taken = Gate::new()?;
    let child = Child::start(|| {
        free.wait()?;
        taken.open()?;
        Gate::new()?.pass()
    })?;
    taken.pass()?;
    println!("1: a child takes it: {}", free.value()?);
    child.kill()?;
    println!(
        "the child is killed: {}; try to wait: {}",
        free.value()?,
        free.try_wait().expect_err("none is left").root_cause()
    );
    Ok(())
}
