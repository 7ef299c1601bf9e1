//! Tasks through a bounded crossbeam channel to threads.

use std::thread;

use anyhow::{Context as _, Result};
use bench_peers::tasks::{arguments, tasks, work};
use crossbeam_channel::bounded;

fn main() -> Result<()> {
    let number = arguments()?;
    // Room as in the lab: twice the workers.
    let (send, receive) = bounded::<String>(2 * number);
    thread::scope(|scope| {
        let start = |worker| {
            let receive = receive.clone();
            scope.spawn(move || receive.iter().try_for_each(|line| work(&line, worker)))
        };
        let workers: Vec<_> = (0..number).map(start).collect();
        drop(receive);
        for line in tasks() {
            send.send(line?).context("hand a task to a worker")?;
        }
        drop(send);
        let mut ends = workers.into_iter().map(|worker| worker.join());
        ends.try_for_each(|end| end.map_err(|_| anyhow::anyhow!("a worker panicked"))?)
    })
}
