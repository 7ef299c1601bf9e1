//! Claim: dealing tasks out in turn leaves some of them behind a long one; a shared queue feeds whoever is idle.
//!
//! Two workers, six tasks, and the first task is long: it waits at a gate. Round robin decides *before* it is known who
//! will be busy. With one queue each worker takes a task when it is free. With two queues an idle worker may also
//! *steal* from the other's.
//!
//! Usage: cargo run -q -p work-queue --example a_shared_queue_feeds_whoever_is_idle
//! See also: `pipe(7)`, and `src/queue.rs`

use anyhow::{Context, Result};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::wait::waitpid;
use std::os::fd::OwnedFd;
use work_queue::queue;

const TASKS: u32 = 6;
const LONG: u32 = 1;

fn main() -> Result<()> {
    for (how, queues, steals) in
        [("round robin", 2, false), ("one shared queue", 1, false), ("round robin with stealing", 2, true)]
    {
        let done = done_beside_the_long_task(queues, steals)?;
        println!("{how}: {done} of {} tasks done while one worker is busy", TASKS - 1);
    }
    Ok(())
}

fn done_beside_the_long_task(queues: u32, steals: bool) -> Result<usize> {
    let (gate, key) = ipc_kit::pipe().context("make the gate")?;
    let (answers, answer) = ipc_kit::pipe().context("make the pipe for answers")?;
    let queues = deal(queues)?;
    for number in 0..2 {
        let own = number % queues.len();
        let sources = if steals { vec![&queues[own], &queues[1 - own]] } else { vec![&queues[own]] };
        let worker = ipc_kit::run_in_child(|| u8::from(work(&sources, &gate, &answer).is_err()));
        worker.context("start a worker")?;
    }
    drop(answer);
    waitpid(None, None).context("wait for the worker that is not busy")?;
    fcntl(&answers, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).context("take what is there")?;
    let mut done = 0;
    while let Ok(Some(_)) = queue::take(&answers) {
        done += 1;
    }
    queue::put(&key, LONG).context("open the gate")?;
    waitpid(None, None).context("wait for the other worker")?;
    Ok(done)
}

/// All tasks, in as many queues, closed before any worker starts.
fn deal(queues: u32) -> Result<Vec<OwnedFd>> {
    let mut dealt = Vec::new();
    for number in 0..queues {
        let (queue, into) = ipc_kit::pipe().context("make a queue")?;
        for task in (1..=TASKS).filter(|task| (task - 1) % queues == number) {
            queue::put(&into, task).context("put a task")?;
        }
        dealt.push(queue);
    }
    Ok(dealt)
}

fn work(sources: &[&OwnedFd], gate: &OwnedFd, answer: &OwnedFd) -> nix::Result<()> {
    for source in sources {
        while let Some(task) = queue::take(source)? {
            if task == LONG {
                queue::take(gate)?;
            }
            queue::put(answer, task)?;
        }
    }
    Ok(())
}
