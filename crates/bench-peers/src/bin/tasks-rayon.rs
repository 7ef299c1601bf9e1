//! Tasks by rayon: an iterator whose items go to a pool of threads.

use anyhow::{Context as _, Result};
use bench_peers::tasks::{arguments, tasks, work};
use rayon::iter::{ParallelBridge as _, ParallelIterator as _};

fn main() -> Result<()> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(arguments()?).build();
    pool.context("start the workers")?.install(|| {
        let worker = || rayon::current_thread_index().unwrap_or(0);
        tasks().par_bridge().try_for_each(|line| work(&line?, worker()))
    })
}
