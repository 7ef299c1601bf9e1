//! Runs the programs that are measured. Whatever they do, a measurement ends: a program that hangs is killed after
//! [`WATCHDOG`], and what it leaves behind, too. The watchdog gives no points; it only keeps a run from standing still.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context as _, bail};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, waitid, waitpid};
use nix::unistd::Pid;

/// How long one program may run for one measurement.
pub const WATCHDOG: Duration = Duration::from_secs(20);

/// A program that runs; killed when dropped.
#[derive(Debug)]
pub struct Job {
    child: Child,
    watchdog: Watchdog,
    errors: File,
    is_reaped: bool,
}

impl Job {
    /// Starts a program. Its standard error is kept for the message that tells of its failure.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(command: &mut Command) -> anyhow::Result<Self> {
        let errors = tempfile::tempfile().context("make a file for the program's errors")?;
        let to = errors.try_clone().context("share the file for the program's errors")?;
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.stderr(to).spawn().with_context(|| format!("start {program}"))?;
        let watchdog = Watchdog::arm(pid_of(&child), WATCHDOG)?;
        Ok(Self { child, watchdog, errors, is_reaped: false })
    }

    /// Its id.
    #[must_use]
    pub fn pid(&self) -> i32 {
        pid_of(&self.child).as_raw()
    }

    /// Its ends of the pipes, as `std` has them.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Waits for its end, which must be a success.
    ///
    /// # Errors
    /// When it hangs or fails; the message says how, with the first line that it printed about it.
    pub fn finish(mut self) -> anyhow::Result<()> {
        // An open pipe would let it wait for more.
        drop(self.child.stdin.take());
        let pid = pid_of(&self.child);
        // The pid stays ours until it is reaped: so the watchdog cannot hit somebody else.
        loop {
            match waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) {
                Err(Errno::EINTR) => {}
                other => break other.context("wait for the program").map(drop)?,
            }
        }
        let has_fired = self.watchdog.disarm();
        let status = self.child.wait().context("reap the program")?;
        self.is_reaped = true;
        if has_fired {
            bail!("hangs: no end after {} s", WATCHDOG.as_secs());
        }
        if status.success() { Ok(()) } else { bail!("{}", self.failure(status)) }
    }

    fn failure(&mut self, status: ExitStatus) -> String {
        let mut text = vec![0; 400];
        let read = self.errors.rewind().and_then(|()| self.errors.read(&mut text)).unwrap_or(0);
        let text = String::from_utf8_lossy(&text[..read]);
        // A panic says where it was before it says what it is.
        let is_said = |line: &&str| !line.trim().is_empty() && !line.starts_with("thread '");
        let line: String = text.lines().find(is_said).unwrap_or_default().chars().take(120).collect();
        match (status.to_string(), printable(&line)) {
            (status, line) if line.is_empty() => status,
            (status, line) => format!("{status}: {line}"),
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if !self.is_reaped {
            self.watchdog.disarm();
            // It may have ended by itself; then there is nothing to kill.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// A line of somebody's program, harmless for a terminal.
fn printable(line: &str) -> String {
    line.chars().map(|c| if c.is_control() { '?' } else { c }).collect()
}

fn pid_of(child: &Child) -> Pid {
    // A pid fits: the kernel's are below 2^22.
    Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX))
}

/// Kills a process that has not ended in time.
#[derive(Debug)]
pub(crate) struct Watchdog {
    calm: Option<Sender<()>>,
    thread: Option<JoinHandle<bool>>,
}

impl Watchdog {
    /// It has so much time.
    pub(crate) fn arm(pid: Pid, limit: Duration) -> anyhow::Result<Self> {
        let (calm, alarm) = mpsc::channel();
        let watch = move || {
            let has_fired = matches!(alarm.recv_timeout(limit), Err(RecvTimeoutError::Timeout));
            // It is a zombie at most: whoever reaps it calms the watchdog first.
            has_fired && kill(pid, Signal::SIGKILL).is_ok()
        };
        let thread = thread::Builder::new().name("watchdog".to_owned()).spawn(watch);
        Ok(Self { calm: Some(calm), thread: Some(thread.context("start a watchdog")?) })
    }

    /// Whether it had to bite.
    pub(crate) fn disarm(&mut self) -> bool {
        self.calm = None;
        self.thread.take().is_some_and(|thread| thread.join().unwrap_or(false))
    }
}

/// Kills and reaps every process below this one. To be called when no job runs; orphans come to us, because
/// [`adopt`] was called.
///
/// # Errors
/// When the list of children cannot be read.
pub fn sweep() -> anyhow::Result<()> {
    loop {
        let children = children()?;
        if children.is_empty() {
            return Ok(());
        }
        for child in children {
            // It may have ended meanwhile, and is then reaped below all the same.
            let _ = kill(child, Signal::SIGKILL);
            let _ = waitpid(child, None);
        }
    }
}

/// Lets orphans below this process become its children.
///
/// # Errors
/// When the kernel refuses.
pub fn adopt() -> anyhow::Result<()> {
    nix::sys::prctl::set_child_subreaper(true).context("become the parent of orphans")
}

fn children() -> anyhow::Result<Vec<Pid>> {
    let mut found = Vec::new();
    for thread in fs::read_dir("/proc/self/task").context("list our threads")? {
        let path = thread.context("list our threads")?.path().join("children");
        // A thread that has ended meanwhile has no children.
        let text = fs::read_to_string(&path).unwrap_or_default();
        found.extend(text.split_whitespace().filter_map(|pid| pid.parse().ok()).map(Pid::from_raw));
    }
    Ok(found)
}

/// Waits until this thread is the only one, so that it may fork. The kernel lists a thread for a moment after it was
/// joined; one that goes on is told by `run_in_child`.
///
/// # Errors
/// When the threads cannot be listed.
pub fn be_alone() -> anyhow::Result<()> {
    for _ in 0..1_000 {
        if fs::read_dir("/proc/self/task").context("list our threads")?.count() == 1 {
            break;
        }
        thread::yield_now();
    }
    Ok(())
}

/// Nanoseconds that a process's threads have run so far.
///
/// # Errors
/// When it has ended, or the kernel does not keep account.
pub fn cpu_time(pid: i32) -> anyhow::Result<f64> {
    let mut sum = 0.0;
    let folder = format!("/proc/{pid}/task");
    for thread in fs::read_dir(&folder).with_context(|| format!("list {folder}"))? {
        let path = thread.with_context(|| format!("list {folder}"))?.path().join("schedstat");
        let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        let first = text.split_whitespace().next().and_then(|number| number.parse::<f64>().ok());
        sum += first.with_context(|| format!("read {}: no number", path.display()))?;
    }
    Ok(sum)
}

/// Runs a program without input and output to its end.
///
/// # Errors
/// As [`Job::finish`].
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    Job::start(command.stdin(Stdio::null()).stdout(Stdio::null()))?.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> anyhow::Result<()> {
        run(Command::new("/bin/sh").args(["-c", script]))
    }

    #[test]
    fn a_failure_says_how_it_ended_and_what_it_printed() {
        sh("exit 0").unwrap();
        assert_eq!(sh("exit 3").unwrap_err().to_string(), "exit status: 3");
        let told = sh("echo 'ring: r: \u{1b}empty' >&2; echo more >&2; exit 1").unwrap_err();
        assert_eq!(told.to_string(), "exit status: 1: ring: r: ?empty");
        let told = sh(
            "printf '\nthread main: at\n' | sed \"s/main/'main' panicked/\" >&2; echo 'M1: todo' >&2; exit 101",
        );
        assert_eq!(told.unwrap_err().to_string(), "exit status: 101: M1: todo");
        assert!(sh("kill -9 $$").unwrap_err().to_string().starts_with("signal: 9"));
        let missing = run(&mut Command::new("/nowhere/program")).unwrap_err();
        assert_eq!(missing.to_string(), "start /nowhere/program");
    }

    #[test]
    fn a_program_that_hangs_is_killed() {
        let mut job = Job::start(Command::new("sleep").arg("1000").stdin(Stdio::null())).unwrap();
        job.watchdog.disarm();
        job.watchdog = Watchdog::arm(Pid::from_raw(job.pid()), Duration::from_millis(20)).unwrap();
        assert!(job.finish().unwrap_err().to_string().starts_with("hangs: "));
    }

    #[test]
    fn the_processor_time_of_a_process_is_known() {
        assert!(cpu_time(std::process::id().cast_signed()).unwrap() > 0.0);
        assert!(cpu_time(i32::MAX).is_err());
    }
}
