//! Claim: what is in a pipe is transient and gone with its processes; what is in a file persists, up to a torn tail.
//!
//! The boss is killed with tasks in its queue, in the middle of a line of its journal. The next boss finds no queue. In
//! the journal it finds what was done, cuts off the line without an end, and does the rest again.
//!
//! Usage: cargo run -q -p work-queue --example a_queue_dies_with_its_processes_a_journal_does_not
//! See also: `pipe(7)`, `write(2)`, `ftruncate(2)`

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill, raise};
use nix::unistd::{Pid, getpid};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use work_queue::{asleep, queue};

const TASKS: [u32; 4] = [1, 2, 3, 4];

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    let journal = folder.path().join("journal");
    let boss = ipc_kit::run_in_child(|| u8::from(boss(&journal).is_err())).context("start a boss")?;
    asleep::until(boss, 'T')?; // In the middle of a line.
    let own = asleep::pipes(getpid())?;
    let queue =
        asleep::pipes(boss)?.into_iter().find(|pipe| !own.contains(pipe)).context("find the queue")?;
    println!("the queue: {} descriptors lead to it", holders(&queue)?);
    kill(boss, Signal::SIGKILL).context("kill the boss")?;
    ipc_kit::wait_for(boss).context("wait for the boss")?;
    println!("the boss is killed: {}", holders(&queue)?);

    let text = std::fs::read_to_string(&journal).context("read the journal")?;
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    println!("the journal: {:?}, then {:?} without an end", &text[..whole], &text[whole..]);
    let file = File::options().write(true).open(&journal).context("open the journal")?;
    file.set_len(whole as u64).context("cut off the torn tail")?;
    let done = |task: &u32| text[..whole].lines().any(|line| line == format!("done {task}"));
    println!("to do again: {:?}", TASKS.iter().filter(|task| !done(task)).collect::<Vec<_>>());
    Ok(())
}

/// How many descriptors of any process lead to this pipe.
fn holders(pipe: &PathBuf) -> Result<usize> {
    let all = std::fs::read_dir("/proc").context("list the processes")?.flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok().map(Pid::from_raw));
    // What is not ours cannot be read, and cannot hold our pipe.
    let pipes = pids.filter_map(|pid| asleep::pipes(pid).ok()).flatten();
    Ok(pipes.filter(|found| found == pipe).count())
}

fn boss(journal: &Path) -> Result<()> {
    let (tasks, into) = ipc_kit::pipe()?;
    TASKS.iter().try_for_each(|task| queue::put(&into, *task))?;
    let mut journal = File::options().append(true).create(true).open(journal)?;
    while let Some(task) = queue::take(&tasks)? {
        if task == 3 {
            journal.write_all(b"done")?; // The rest of the line was to come.
            raise(Signal::SIGSTOP)?; // Until it is killed.
        }
        journal.write_all(format!("done {task}\n").as_bytes())?;
    }
    Ok(())
}
