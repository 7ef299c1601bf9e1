//! Claim: the order to stop reaches the idle at once, and the busy after their answer; nobody is left behind.
//!
//! A worker is in the middle of a file of 32 MiB when the boss gets SIGTERM. The idle worker leaves. The busy one has the
//! signal blocked, finishes, and leaves when it would wait again. The boss waits for all and ends with status 0.
//!
//! Usage: cargo run -q -p work-queue --example sigterm_lets_an_answer_end
//! See also: `sigprocmask(2)`, `signal(7)`, and `src/quit.rs`

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use std::fs::File;
use work_queue::{asleep, client::Client, form::Form, site::Site};

const SIZE: u64 = 32 << 20;

fn main() -> Result<()> {
    let root = tempfile::tempdir().context("make a folder")?;
    File::create(root.path().join("big.bin")).and_then(|file| file.set_len(SIZE)).context("make a file")?;
    let site = Site::start(Form::Pool(2), root.path())?;
    let workers = asleep::children(site.boss())?;
    let mut client = Client::connect(site.address())?;
    client.ask("/big.bin")?;
    let busy = client.answer_head()?.by;

    kill(site.boss(), Signal::SIGTERM).context("order the boss to stop")?;
    for idle in workers.iter().filter(|worker| **worker != busy) {
        asleep::until_ended(*idle);
        println!("idle worker: has ended");
    }
    println!("busy worker: still answers: {}", asleep::state(busy)? != 'Z');
    println!("client: {} of {SIZE} bytes, then the end", client.rest()?.len());
    let status = ipc_kit::exit_code(site.stop()?).context("read the status")?;
    let left = workers.iter().filter(|worker| asleep::state(**worker).is_ok()).count();
    println!("boss: status {status}, workers left: {left}");
    Ok(())
}
