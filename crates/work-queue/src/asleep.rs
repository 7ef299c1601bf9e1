//! Seeing from outside what a process does: `/proc/PID` has its state, its system call and its children.

use anyhow::{Context, Result, ensure};
use nix::unistd::Pid;
use std::path::PathBuf;

/// The state of a process: `R` runs or wants to, `S` waits for an event, `T` is stopped, `Z` has ended and was not
/// waited for.
///
/// # Errors
/// When there is no such process.
///
/// See also: `proc_pid_stat(5)`
pub fn state(pid: Pid) -> Result<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    let stat = stat.with_context(|| format!("read the state of process {pid}"))?;
    // The second field is the program's name in parentheses, and a name may have blanks and parentheses itself.
    let after_name = stat.rsplit_once(") ").with_context(|| format!("find the state in {stat:?}"))?.1;
    after_name.chars().next().with_context(|| format!("find the state in {stat:?}"))
}

/// Returns when the process is in state `wanted`. It looks again and again: the kernel sends no message when a
/// process falls asleep. No sleep here: the state is the event itself, however long it takes.
///
/// # Errors
/// When the process ends first (it is then a zombie), unless that is what is wanted.
pub fn until(pid: Pid, wanted: char) -> Result<()> {
    loop {
        match state(pid)? {
            found if found == wanted => return Ok(()),
            'Z' => anyhow::bail!("process {pid} ended before it came to state {wanted}"),
            _ => std::thread::yield_now(),
        }
    }
}

/// Returns when the process has ended, whether or not somebody has waited for it.
pub fn until_ended(pid: Pid) {
    while state(pid).is_ok_and(|state| state != 'Z') {
        std::thread::yield_now();
    }
}

/// Returns when the process sleeps in this system call: `libc::SYS_accept4`, say.
///
/// # Errors
/// When the process ends first.
///
/// See also: `proc_pid_syscall(5)`
pub fn until_in(pid: Pid, call: libc::c_long) -> Result<()> {
    loop {
        ensure!(state(pid)? != 'Z', "process {pid} ended before it slept in system call {call}");
        // "running", or the number of the call in which the process sleeps, and its arguments.
        let line = std::fs::read_to_string(format!("/proc/{pid}/syscall"));
        let line = line.with_context(|| format!("read the system call of process {pid}"))?;
        if line.split_whitespace().next() == Some(call.to_string().as_str()) {
            return Ok(());
        }
        std::thread::yield_now();
    }
}

/// How often the process has gone to sleep of its own will.
///
/// # Errors
/// When there is no such process.
///
/// See also: `proc_pid_status(5)`
pub fn sleeps(pid: Pid) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"));
    let status = status.with_context(|| format!("read the status of process {pid}"))?;
    let count = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    count.context("find the count of sleeps")?.trim().parse().context("read the count of sleeps")
}

/// The children of a process that has one thread, in the order of their start.
///
/// # Errors
/// When there is no such process.
///
/// See also: `proc_pid_task(5)`
pub fn children(pid: Pid) -> Result<Vec<Pid>> {
    let list = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let list = list.with_context(|| format!("list the children of process {pid}"))?;
    list.split_whitespace()
        .map(|word| word.parse().map(Pid::from_raw).context("read a child's pid"))
        .collect()
}

/// Where the descriptors of a process lead that are pipes: `pipe:[NUMBER]`, the same for both ends of one pipe.
///
/// # Errors
/// When there is no such process, or it is somebody else's.
///
/// See also: `proc_pid_fd(5)`
pub fn pipes(pid: Pid) -> Result<Vec<PathBuf>> {
    let all = std::fs::read_dir(format!("/proc/{pid}/fd"));
    let all = all.with_context(|| format!("list the descriptors of process {pid}"))?;
    let links = all.flatten().filter_map(|entry| std::fs::read_link(entry.path()).ok());
    Ok(links.filter(|link| link.to_string_lossy().starts_with("pipe:")).collect())
}

/// How many clients wait in the backlog of the listener at `port`, connected and not yet accepted.
///
/// # Errors
/// When nobody listens there.
///
/// See also: `proc_net(5)`: for a listener, the queue in `rx_queue` is one of connections
pub fn backlog(port: u16) -> Result<u64> {
    let table = std::fs::read_to_string("/proc/net/tcp").context("read the list of sockets")?;
    let own = format!(":{port:04X} 00000000:0000 0A ");
    let line = table.lines().find(|line| line.contains(&own)).context("find the listener")?;
    let queue = line.split_whitespace().nth(4).and_then(|queues| queues.split_once(':'));
    u64::from_str_radix(queue.context("find the queue")?.1, 16).context("read the queue's length")
}
