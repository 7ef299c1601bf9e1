//! Claim: idle means blocked: boss and workers sleep, each in one system call, and use no processor time.
//!
//! Two sites. One answers a hundred requests; meanwhile the other has nothing to do. Its processes are then in the same
//! call as before and have not been woken once. A pool that polls, or looks for its children every second, would have.
//!
//! Usage: cargo run -q -p work-queue --example idle_workers_make_no_system_call
//! See also: `proc_pid_status(5)` (voluntary_ctxt_switches), `proc_pid_syscall(5)`

use anyhow::{Context, Result};
use work_queue::{asleep, client, form::Form, site::Site};

fn main() -> Result<()> {
    let root = tempfile::tempdir().context("make a folder")?;
    std::fs::write(root.path().join("a.txt"), "a").context("write a file")?;
    let (idle, busy) = (Site::start(Form::Pool(3), root.path())?, Site::start(Form::Pool(3), root.path())?);
    asleep::until_in(idle.boss(), libc::SYS_ppoll)?;
    let mut processes = vec![idle.boss()];
    for worker in asleep::children(idle.boss())? {
        asleep::until_in(worker, libc::SYS_accept4)?;
        processes.push(worker);
    }
    let look = || processes.iter().map(|pid| asleep::sleeps(*pid)).sum::<Result<u64>>();
    let before = look()?;
    for _ in 0..100 {
        client::get(busy.address(), "/a.txt")?;
    }
    println!("answered elsewhere: 100 requests");
    println!("meanwhile the {} idle processes were woken: {} times", processes.len(), look()? - before);
    Ok(())
}
