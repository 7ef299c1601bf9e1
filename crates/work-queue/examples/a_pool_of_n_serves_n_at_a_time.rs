//! Claim: a pool of N serves N clients at a time, exactly; the next one waits, also if the N are silent.
//!
//! Two clients are served and keep their connections. The third sits in the backlog until one of them hangs up. So the
//! pool's size is a promise to the machine (never more than N processes) and a limit for the clients.
//!
//! Usage: cargo run -q -p work-queue --example a_pool_of_n_serves_n_at_a_time
//! See also: `listen(2)`

use anyhow::{Context, Result};
use work_queue::{asleep, client::Client, form::Form, site::Site};

fn main() -> Result<()> {
    let root = tempfile::tempdir().context("make a folder")?;
    std::fs::write(root.path().join("a.txt"), "a").context("write a file")?;
    let site = Site::start(Form::Pool(2), root.path())?;

    let (mut first, mut second) = (Client::connect(site.address())?, Client::connect(site.address())?);
    let workers = [first.get("/a.txt")?.by, second.get("/a.txt")?.by];
    println!("two clients, two workers: {}", workers[0] != workers[1]);
    let mut third = Client::connect(site.address())?;
    third.ask("/a.txt")?;
    for worker in workers {
        asleep::until_in(worker, libc::SYS_ppoll)?;
    }
    println!("in the backlog: {}, although both workers sleep", asleep::backlog(site.address().port())?);
    drop(second);
    println!("the second hangs up: the third is served by its worker: {}", third.answer()?.by == workers[1]);
    Ok(())
}
