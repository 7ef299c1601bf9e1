//! Claim: a crash ends one worker; its brothers go on with their clients, and the boss makes a new one.
//!
//! One of two workers is killed in the middle of a conversation. Its client sees the end of the connection. The other client notices nothing. Fault tolerance is a reason to use processes at all.
//!
//! Usage: cargo run -q -p work-queue --example a_crashed_worker_leaves_the_others
//! See also: `signal(7)`, `waitpid(2)`

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use work_queue::{asleep, client, client::Client, form::Form, site::Site};

fn main() -> Result<()> {
    let root = tempfile::tempdir().context("make a folder")?;
    std::fs::write(root.path().join("a.txt"), "a").context("write a file")?;
    let site = Site::start(Form::Pool(2), root.path())?;
    let (mut first, mut second) = (Client::connect(site.address())?, Client::connect(site.address())?);
    let (victim, other) = (first.get("/a.txt")?.by, second.get("/a.txt")?.by);

    kill(victim, Signal::SIGKILL).context("kill the first client's worker")?;
    println!("first client: connection ended, {} bytes more", first.rest()?.len());
    let again = second.get("/a.txt")?;
    println!("second client: answer {}, by the same worker: {}", again.status, again.by == other);
    let newcomer = client::get(site.address(), "/a.txt")?.by;
    println!("third client: by a new worker: {}", ![victim, other, site.boss()].contains(&newcomer));
    println!("workers: {}", asleep::children(site.boss())?.len());
    Ok(())
}
