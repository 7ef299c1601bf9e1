//! Claim: creating a process is expensive, so a pool pays for it once, and not for each client.
//!
//! Counted, not timed: the page faults of whoever answers. A new process shares its parent's memory until it
//! writes; each first write to a page is a fault, in which the kernel copies the page. An old one has its pages.
//!
//! Usage: cargo run -q -p work-queue --example a_process_costs_more_than_a_request
//! See also: `fork(2)` (copy-on-write), `proc_pid_stat(5)` (minflt, cminflt)

use anyhow::{Context, Result};
use nix::unistd::Pid;
use work_queue::{asleep, client, form::Form, site::Site};

const CLIENTS: u64 = 50;

fn main() -> Result<()> {
    let root = tempfile::tempdir().context("make a folder")?;
    std::fs::write(root.path().join("a.txt"), "a").context("write a file")?;

    let site = Site::start(Form::Fork(8), root.path())?;
    let by_children = |boss| Ok::<_, anyhow::Error>(faults(boss)?.1);
    ask(&site, 1)?;
    let before = by_children(site.boss())?;
    ask(&site, CLIENTS)?;
    let fork = (by_children(site.boss())? - before) / CLIENTS;

    let site = Site::start(Form::Pool(1), root.path())?;
    let worker = asleep::children(site.boss())?[0];
    ask(&site, 1)?;
    let before = faults(worker)?.0;
    ask(&site, CLIENTS)?;
    let pool = (faults(worker)?.0 - before) / CLIENTS;

    println!("a new process for each client: 10 page faults a client, or more: {}", fork >= 10);
    println!("a worker that was there before: none a client: {}", pool == 0);
    Ok(())
}

/// Asks, and returns when whoever answered has ended or waits for the next client.
fn ask(site: &Site, clients: u64) -> Result<()> {
    for _ in 0..clients {
        let by = client::get(site.address(), "/a.txt")?.by;
        if asleep::children(site.boss())?.contains(&by) && asleep::until_in(by, libc::SYS_accept4).is_ok() {
            continue;
        }
        // A child that ended. Its faults are counted when its boss has reaped it.
        while asleep::state(by).is_ok() {
            std::thread::yield_now();
        }
    }
    Ok(())
}

/// Minor page faults of a process, and of its children that were reaped.
fn faults(pid: Pid) -> Result<(u64, u64)> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).context("read the counters")?;
    let fields: Vec<&str> = stat.rsplit_once(") ").context("find the counters")?.1.split(' ').collect();
    let field = |number: usize| fields[number - 3].parse().context("read a counter"); // The first one here is field 3.
    Ok((field(10)?, field(11)?))
}
