//! Claim: the client goes to an idle worker, and among the idle to the one that has waited longest (FIFO).
//!
//! All workers sleep in accept on one listener. The kernel wakes one of them, the first in its wait queue; after its
//! answer it goes to the end of that queue. That is Linux; POSIX promises only that one of them gets the client.
//!
//! Usage: cargo run -q -p work-queue --example the_worker_idle_longest_gets_the_client
//! See also: `accept(2)`

use anyhow::{Context, Result};
use work_queue::{asleep, client, client::Client, form::Form, site::Site};

fn main() -> Result<()> {
    let root = tempfile::tempdir().context("make a folder")?;
    std::fs::write(root.path().join("a.txt"), "a").context("write a file")?;
    let site = Site::start(Form::Pool(3), root.path())?;
    let workers = asleep::children(site.boss())?;
    for worker in &workers {
        asleep::until_in(*worker, libc::SYS_accept4)?;
    }
    // Which of the three fell asleep first is chance; the first round tells.
    let mut order = Vec::new();
    let mut ask = || -> Result<usize> {
        let by = client::get(site.address(), "/a.txt")?.by;
        asleep::until_in(by, libc::SYS_accept4)?;
        let known = order.iter().position(|pid| *pid == by);
        Ok(known.unwrap_or_else(|| {
            order.push(by);
            order.len() - 1
        }) + 1)
    };
    let turns: Vec<String> = (0..9).map(|_| Ok(ask()?.to_string())).collect::<Result<_>>()?;
    println!("nine clients, one after the other, went to process[?]: {}", turns.join(" "));

    let mut guest = Client::connect(site.address())?;
    let busy = guest.get("/a.txt")?.by;
    let busy = order.iter().position(|pid| *pid == busy).context("know the worker")? + 1;
    let mut turns = Vec::new();
    for _ in 0..4 {
        let by = client::get(site.address(), "/a.txt")?.by;
        asleep::until_in(by, libc::SYS_accept4)?;
        turns.push((order.iter().position(|pid| *pid == by).context("know the worker")? + 1).to_string());
    }
    println!("process {busy} has a guest; the next clients went to {}", turns.join(" "));
    Ok(())
}
