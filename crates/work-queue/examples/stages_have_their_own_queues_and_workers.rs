//! Claim: a service can be cut into stages with a queue before each (SEDA): each stage has as many workers as it needs.
//!
//! Stage a is quick and has one worker, stage b is slow and has three. The queue between them is bounded: when b is
//! behind, a sleeps, and the pressure goes on to whoever feeds a. No stage knows how many work in the other.
//!
//! Usage: cargo run -q -p work-queue --example stages_have_their_own_queues_and_workers
//! See also: Welsh, Culler, Brewer: SEDA (2001), and `src/queue.rs`

use anyhow::{Context, Result};
use nix::unistd::Pid;
use work_queue::{asleep, queue};

const TASKS: u32 = 3000;
const WIDTH: u32 = 3;

fn main() -> Result<()> {
    let (input, feed) = ipc_kit::pipe().context("make the first queue")?;
    (0..TASKS).try_for_each(|task| queue::put(&feed, task)).context("fill the first queue")?;
    drop(feed);
    let (between, pass) = ipc_kit::pipe().context("make the queue between the stages")?;
    let room = queue::bound(&pass, 1024).context("bound it")?;
    let (output, finish) = ipc_kit::pipe().context("make the last queue")?;
    let (entered, enter) = ipc_kit::pipe().context("make a pipe to see who is inside")?;
    let (gate, key) = ipc_kit::pipe().context("make the gate")?;

    let mut pass = Some(pass);
    let mut workers: Vec<Pid> = Vec::new();
    for _ in 0..WIDTH {
        workers.push(worker(|| {
            pass = None; // Only stage a fills the queue between: else b would wait for itself.
            while let Some(task) = queue::take(&between)? {
                queue::put(&enter, task)?;
                queue::take(&gate)?; // Slow work.
                queue::put(&finish, task)?;
            }
            Ok(())
        })?);
    }
    let a = worker(|| {
        let pass = pass.take().expect("stage a has the queue's write end");
        while let Some(task) = queue::take(&input)? {
            queue::put(&pass, task)?;
        }
        Ok(())
    })?;
    workers.push(a);
    drop((pass, finish));

    for _ in 0..WIDTH {
        queue::take(&entered).context("see who enters stage b")?;
    }
    println!("at once in stage b: {WIDTH} tasks");
    asleep::until_in(a, libc::SYS_write)?;
    println!("stage a sleeps: the {room} places between are taken");
    // Stage b may enter as often as there are tasks; what it says of it has room in the pipe.
    (0..TASKS).try_for_each(|task| queue::put(&key, task)).context("open the gate")?;
    let mut finished = 0;
    while queue::take(&output).context("take a result")?.is_some() {
        finished += 1;
    }
    println!("finished: {finished} tasks");
    workers.into_iter().try_for_each(|pid| ipc_kit::wait_for(pid).map(drop)).context("wait for the workers")
}

fn worker(work: impl FnOnce() -> nix::Result<()>) -> Result<Pid> {
    ipc_kit::run_in_child(|| u8::from(work().is_err())).context("start a worker")
}
