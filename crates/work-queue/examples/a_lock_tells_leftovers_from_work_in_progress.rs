//! Claim: a crash leaves names behind; a lock on the file tells a leftover from a draft that somebody still writes.
//!
//! Two workers write drafts. One is killed, the other still works. A boss that removed all drafts would destroy its work; one
//! that asks for a pid in the name is fooled when the number is used again. The kernel gives up a lock with its holder.
//!
//! Usage: cargo run -q -p work-queue --example a_lock_tells_leftovers_from_work_in_progress
//! See also: `flock(2)` (the lock belongs to the open file: children of fork share it), `unlink(2)`

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::{Signal, kill};
use std::fs::File;
use work_queue::queue;

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    let (ready, tell) = ipc_kit::pipe().context("make a pipe")?;
    let (gate, _keeps_the_gate_shut) = ipc_kit::pipe().context("make the gate")?;
    let mut workers = Vec::new();
    for name in ["first.draft", "second.draft"] {
        let path = folder.path().join(name);
        let work = || -> Result<()> {
            let draft = File::create(path)?;
            let _lock = Flock::lock(draft, FlockArg::LockExclusive).map_err(|(_, reason)| reason)?;
            queue::put(&tell, 0)?;
            queue::take(&gate)?; // Still writing.
            Ok(())
        };
        workers.push(ipc_kit::run_in_child(|| u8::from(work().is_err())).context("start a worker")?);
        queue::take(&ready).context("wait until it has its lock")?;
    }
    kill(workers[0], Signal::SIGKILL).context("kill the first worker")?;
    ipc_kit::wait_for(workers[0]).context("wait for it")?;

    for name in ["first.draft", "second.draft"] {
        let path = folder.path().join(name);
        let draft = File::open(&path).context("open a draft")?;
        match Flock::lock(draft, FlockArg::LockExclusiveNonblock) {
            Ok(_lock) => {
                std::fs::remove_file(&path).context("remove a leftover")?;
                println!("{name}: nobody has its lock: a leftover, removed");
            }
            Err((_, Errno::EWOULDBLOCK)) => println!("{name}: locked: work in progress, left alone"),
            Err((_, reason)) => return Err(reason).context("lock a draft"),
        }
    }
    kill(workers[1], Signal::SIGKILL).context("end the second worker")?;
    ipc_kit::wait_for(workers[1]).context("wait for it").map(drop)
}
