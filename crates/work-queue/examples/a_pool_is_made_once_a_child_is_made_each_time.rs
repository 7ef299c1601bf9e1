//! Claim: process per connection makes a process for each client; a pool makes all of them at its start.
//!
//! Six clients, one after the other. Counted are the processes that answered them, and those that the boss has
//! afterwards. The pool's are the same ones that were there before the first client came.
//!
//! Usage: cargo run -q -p work-queue --example a_pool_is_made_once_a_child_is_made_each_time
//! See also: `fork(2)`, `proc_pid_task(5)` (children)

use anyhow::{Context, Result};
use std::collections::BTreeSet;
use work_queue::{asleep, client, form::Form, site::Site};

fn main() -> Result<()> {
    let root = tempfile::tempdir().context("make a folder")?;
    std::fs::write(root.path().join("a.txt"), "a").context("write a file")?;
    for (name, form) in [("one", Form::One), ("fork", Form::Fork(8)), ("pool", Form::Pool(3))] {
        let site = Site::start(form, root.path())?;
        let before: BTreeSet<_> = asleep::children(site.boss())?.into_iter().collect();
        for worker in &before {
            asleep::until_in(*worker, libc::SYS_accept4)?;
        }
        let mut answered = BTreeSet::new();
        for _ in 0..6 {
            let by = client::get(site.address(), "/a.txt")?.by;
            if before.contains(&by) {
                asleep::until_in(by, libc::SYS_accept4)?; // So each worker gets its turn.
            }
            answered.insert(by);
        }
        let made = answered.difference(&before).filter(|pid| **pid != site.boss()).count();
        println!(
            "{name}: children before the first client {}, made for 6 clients {made}, processes that answered {}",
            before.len(),
            answered.len()
        );
    }
    Ok(())
}
