//! Pipes: write ends that somebody forgot, full pipes, rings. pipe(7).

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, raise};
use nix::unistd::{dup2_stdin, dup2_stdout, pipe};

use crate::stage::{child, drain, exec, lose, pause, pour, rename, take, wait_all, wait_for};

/// A shell starts `echo hello | sort` and waits, and keeps the write end.
pub(crate) fn parent_write_end() -> Result<()> {
    rename("shell")?;
    let (read, write) = pipe()?;
    child("echo", &[], || {
        dup2_stdout(&write)?;
        lose(&[&read, &write]);
        exec(&["echo", "hello"])
    })?;
    child("sort", &[], || {
        dup2_stdin(&read)?;
        lose(&[&read, &write]);
        exec(&["sort"])
    })?;
    drop(read);
    wait_all()?;
    drop(write);
    Ok(())
}

/// `echo hello | sort | cat`: the last stage inherited the first pipe's write end.
pub(crate) fn sibling_write_end() -> Result<()> {
    rename("shell")?;
    let (read_1, write_1) = pipe()?;
    let (read_2, write_2) = pipe()?;
    child("echo", &[], || {
        dup2_stdout(&write_1)?;
        lose(&[&read_1, &write_1, &read_2, &write_2]);
        exec(&["echo", "hello"])
    })?;
    child("sort", &[], || {
        dup2_stdin(&read_1)?;
        dup2_stdout(&write_2)?;
        lose(&[&read_1, &write_1, &read_2, &write_2]);
        exec(&["sort"])
    })?;
    child("cat", &[], || {
        dup2_stdin(&read_2)?;
        lose(&[&read_1, &read_2, &write_2]);
        exec(&["cat"])
    })?;
    drop((read_1, write_1, read_2, write_2));
    wait_all()
}

/// A program starts two filters. The second inherits, without `O_CLOEXEC`, the write end of the first one's input.
pub(crate) fn leaked_over_exec() -> Result<()> {
    rename("server")?;
    let (sort_in, to_sort) = pipe()?;
    let sort = child("sort", &[], || {
        dup2_stdin(&sort_in)?;
        lose(&[&sort_in, &to_sort]);
        exec(&["sort"])
    })?;
    drop(sort_in);
    let (tac_in, to_tac) = pipe()?;
    child("tac", &[], || {
        dup2_stdin(&tac_in)?;
        lose(&[&tac_in, &to_tac]);
        exec(&["tac"])
    })?;
    drop(tac_in);
    pour(&to_sort, 10)?;
    drop(to_sort);
    wait_for(sort)?;
    drop(to_tac);
    wait_all()
}

/// The reader itself inherits the write end of its own input, and does not know of it.
pub(crate) fn own_end_leaked() -> Result<()> {
    rename("shell")?;
    let (read, write) = pipe()?;
    child("sort", &[], || {
        dup2_stdin(&read)?;
        lose(&[&read]);
        exec(&["sort"])
    })?;
    drop(read);
    drop(write);
    wait_all()
}

/// A consumer never closes its own write end.
pub(crate) fn self_write_end() -> Result<()> {
    rename("consumer")?;
    let (read, write) = pipe()?;
    child("producer", &[&read], || pour(&write, 10))?;
    drain(&read)?;
    drop(write);
    Ok(())
}

/// A helper that a child left behind still holds a copy of the write end, and waits for an order.
pub(crate) fn grandchild_dup() -> Result<()> {
    rename("consumer")?;
    let (read, write) = pipe()?;
    let (orders, to_helper) = pipe()?;
    let starter = child("starter", &[&read, &to_helper], || {
        child("helper", &[], || {
            let _copy = nix::unistd::dup(&write).context("copy the write end")?;
            lose(&[&write]);
            take(&orders, 1).map(drop)
        })
        .map(drop)
    })?;
    drop((write, orders));
    wait_for(starter)?;
    drain(&read)?;
    drop(to_helper);
    Ok(())
}

/// Two processes write much to each other before either reads.
pub(crate) fn full_both() -> Result<()> {
    rename("main")?;
    let (read_1, write_1) = pipe()?;
    let (read_2, write_2) = pipe()?;
    child("left", &[&read_1, &write_2], || {
        pour(&write_1, 1 << 20)?;
        drain(&read_2)
    })?;
    child("right", &[&write_1, &read_2], || {
        pour(&write_2, 1 << 20)?;
        drain(&read_1)
    })?;
    drop((read_1, write_1, read_2, write_2));
    wait_all()
}

/// A parent feeds a filter with everything before it reads anything of the answer.
pub(crate) fn filter_both_full() -> Result<()> {
    rename("parent")?;
    let (filter_in, to_filter) = pipe()?;
    let (from_filter, filter_out) = pipe()?;
    child("cat", &[], || {
        dup2_stdin(&filter_in)?;
        dup2_stdout(&filter_out)?;
        lose(&[&filter_in, &to_filter, &from_filter, &filter_out]);
        exec(&["cat"])
    })?;
    drop((filter_in, filter_out));
    pour(&to_filter, 1 << 20)?;
    drop(to_filter);
    drain(&from_filter)
}

/// A process writes more into its own pipe than fits, before it reads.
pub(crate) fn self_full() -> Result<()> {
    rename("buffer")?;
    let (read, write) = pipe()?;
    pour(&write, 1 << 20)?;
    drop(write);
    drain(&read)
}

/// A parent waits for the child to exit before it reads its output, which does not fit into the pipe.
pub(crate) fn wait_before_read() -> Result<()> {
    rename("capture")?;
    let (read, write) = pipe()?;
    let seq = child("seq", &[], || {
        dup2_stdout(&write)?;
        lose(&[&read, &write]);
        exec(&["seq", "100000"])
    })?;
    drop(write);
    wait_for(seq)?;
    drain(&read)
}

/// A program's output is read to its end, but the program left a daemon that holds it.
pub(crate) fn orphan_holds_stdout() -> Result<()> {
    rename("capture")?;
    let (read, write) = pipe()?;
    let student = child("student", &[&read], || {
        dup2_stdout(&write)?;
        lose(&[&write]);
        child("daemon", &[], pause).map(drop)
    })?;
    drop(write);
    wait_for(student)?;
    drain(&read)
}

/// Three processes in a ring: each waits for its neighbour's message before it sends its own.
pub(crate) fn pipe_ring() -> Result<()> {
    rename("main")?;
    let pipes = [pipe()?, pipe()?, pipe()?];
    for (number, name) in ["ring-1", "ring-2", "ring-3"].into_iter().enumerate() {
        child(name, &[], || {
            let next = (number + 1) % 3;
            for (other, (read, write)) in pipes.iter().enumerate() {
                if other != number {
                    lose(&[read]);
                }
                if other != next {
                    lose(&[write]);
                }
            }
            take(&pipes[number].0, 1)?;
            pour(&pipes[next].1, 1)
        })?;
    }
    drop(pipes);
    wait_all()
}

/// The worker that took the task was killed; the boss waits for its result, the other worker for a task.
pub(crate) fn work_queue() -> Result<()> {
    rename("boss")?;
    let (tasks, to_workers) = pipe()?;
    let (results, from_workers) = pipe()?;
    let first = child("worker-1", &[&to_workers, &results], || {
        take(&tasks, 4)?;
        raise(Signal::SIGKILL).context("die")
    })?;
    pour(&to_workers, 4)?;
    wait_for(first)?;
    child("worker-2", &[&to_workers, &results], || {
        take(&tasks, 4)?;
        pour(&from_workers, 4)
    })?;
    drop((tasks, from_workers));
    take(&results, 4)?;
    drop(to_workers);
    wait_all()
}

/// A thread reads a pipe whose write end its own process holds; the main thread joins it.
pub(crate) fn threads() -> Result<()> {
    rename("prog")?;
    let (read, write) = pipe()?;
    let reader = std::thread::Builder::new().name("reader".to_owned()).spawn(move || take(&read, 10))?;
    let ended = reader.join();
    drop(write);
    ended.map_err(|_| anyhow::anyhow!("the reader panicked"))?.map(drop)
}
