//! A running case: started, waited for without a clock, ended with all its descendants.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use sandbox::Confinement;

use crate::order::Order;

/// Looks in a row in which nobody moved.
const QUIET_LOOKS: u32 = 3;
/// Longer than any pause with which a case itself waits for the state of a sibling.
const BETWEEN_LOOKS: Duration = Duration::from_millis(3);
/// Looks after which a case is said never to come to rest: a watchdog.
const MOST_LOOKS: u32 = 40_000;

/// One program under examination. Its standard input stays open as long as it lives.
pub(crate) struct Specimen {
    pid: i32,
    wrapped: bool,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Specimen {
    pub(crate) fn start(order: &Order, confinement: Option<Confinement>) -> Result<Self> {
        let mut line = order.before.clone();
        line.push(order.program.to_str().context("name the program")?.to_owned());
        line.push(order.case.clone());
        let mut command = Command::new(&line[0]);
        command.args(&line[1..]).env("AUTOPSY_TOKEN", &order.token).env("TMPDIR", &order.temp);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        if let Some(confinement) = confinement {
            confine(&mut command, confinement);
        }
        let mut child = command.spawn().context("start the case")?;
        let stdin = child.stdin.take().context("take standard input")?;
        let stdout = BufReader::new(child.stdout.take().context("take standard output")?);
        let pid = child.id().cast_signed();
        Ok(Self { pid, wrapped: !order.before.is_empty(), stdin, stdout })
    }

    /// The process that was started.
    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }

    /// Waits for the line `ready`.
    pub(crate) fn ready(&mut self) -> Result<()> {
        let mut line = String::new();
        self.stdout.read_line(&mut line).context("read from the case")?;
        ensure!(line == "ready\n", "the case said {line:?} instead of ready");
        Ok(())
    }

    /// Sends a byte to its standard input.
    pub(crate) fn send(&mut self) -> Result<()> {
        self.stdin.write_all(b"x").context("send to the case")
    }

    /// Waits until nobody moves any more: all are asleep, stopped or dead, and no thread was switched between several looks.
    pub(crate) fn at_rest(&self) -> Result<()> {
        let (mut last, mut quiet) = (BTreeMap::new(), 0);
        for _ in 0..MOST_LOOKS {
            reap(self.pid)?;
            let members = self.members();
            let now = beats(&members);
            let rest = self.is_started(&members) && now.values().all(|beat| beat.is_at_rest);
            quiet = if rest && now == last { quiet + 1 } else { 0 };
            if quiet == QUIET_LOOKS {
                return Ok(());
            }
            last = now;
            std::thread::park_timeout(BETWEEN_LOOKS);
        }
        anyhow::bail!("the case never comes to rest: {last:?}")
    }

    /// All processes of the case, by the numbers of our own PID namespace; with a command before it, that one's too.
    pub(crate) fn members(&self) -> Vec<i32> {
        descendants()
    }

    /// With a command before it, the case is there when the new namespace has a second process.
    fn is_started(&self, members: &[i32]) -> bool {
        let ours = fs::read_link("/proc/self/ns/pid").ok();
        let inside =
            |pid: &i32| fs::read_link(format!("/proc/{pid}/ns/pid")).ok() != ours && inner(*pid) > Some(1);
        !self.wrapped || members.iter().any(inside)
    }

    /// How often somebody in it went on, so far.
    pub(crate) fn steps(&self) -> u64 {
        beats(&self.members()).values().map(|beat| beat.switches).sum()
    }
}

impl Drop for Specimen {
    fn drop(&mut self) {
        loop {
            let left = descendants();
            for pid in &left {
                match kill(Pid::from_raw(*pid), Signal::SIGKILL) {
                    Ok(()) | Err(Errno::ESRCH) => {}
                    Err(error) => eprintln!("suite: kill {pid}: {error}"),
                }
            }
            match waitpid(None, Some(WaitPidFlag::__WALL)) {
                Ok(_) | Err(Errno::EINTR) => {}
                // All that descend from us come to us, the subreaper, and nobody is left.
                Err(_) => return,
            }
        }
    }
}

/// Reaps orphans that have ended, as a check does. The case itself must live.
pub(crate) fn reap(case: i32) -> Result<()> {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => return Ok(()),
            Ok(status) => {
                ensure!(status.pid() != Some(Pid::from_raw(case)), "the case has ended: {status:?}")
            }
            Err(error) => return Err(error).context("look for ended children"),
        }
    }
}

#[allow(unsafe_code, reason = "the hook between fork and exec")]
fn confine(command: &mut Command, confinement: Confinement) {
    let hook = move || {
        nix::unistd::setsid()?;
        confinement.apply().map_err(Into::into)
    };
    // SAFETY: setsid and `apply` make system calls only.
    unsafe { command.pre_exec(hook) };
}

/// Every process below this one.
fn descendants() -> Vec<i32> {
    let parents: BTreeMap<i32, i32> = numbers("/proc").filter_map(|pid| Some((pid, parent(pid)?))).collect();
    let mut found = vec![std::process::id().cast_signed()];
    let mut next = 0;
    while let Some(&pid) = found.get(next) {
        found.extend(parents.iter().filter(|(_, parent)| **parent == pid).map(|(child, _)| *child));
        next += 1;
    }
    found.remove(0);
    found
}

fn parent(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

/// Its id in its own PID namespace.
fn inner(pid: i32) -> Option<i32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("NSpid:")?.split_whitespace().last()?.parse().ok())
}

fn numbers(folder: &str) -> impl Iterator<Item = i32> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// A thread's state, and how often it was switched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Beat {
    state: char,
    switches: u64,
    is_at_rest: bool,
}

fn beats(pids: &[i32]) -> BTreeMap<i32, Beat> {
    let threads = pids.iter().flat_map(|pid| {
        let folder = format!("/proc/{pid}/task");
        numbers(&folder).filter_map(move |tid| Some((tid, beat(&format!("{folder}/{tid}"))?)))
    });
    threads.collect()
}

fn beat(folder: &str) -> Option<Beat> {
    let status = fs::read_to_string(format!("{folder}/status")).ok()?;
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let count = |name: &str| field(name)?.parse::<u64>().ok();
    let state = field("State:")?.chars().next()?;
    // Whoever waits for a page from the disk goes on by itself. The sleep of vfork(2) has the same letter.
    let in_vfork =
        || fs::read_to_string(format!("{folder}/wchan")).is_ok_and(|place| place.contains("clone"));
    Some(Beat {
        state,
        switches: count("voluntary_ctxt_switches:")? + count("nonvoluntary_ctxt_switches:")?,
        is_at_rest: "STtZ".contains(state) || (state == 'D' && in_vfork()),
    })
}
