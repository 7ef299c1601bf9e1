//! What proc(5) says about a process.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// One process as it was when looked at. A thread is not a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proc {
    /// Its id.
    pub pid: i32,
    /// Its parent's id.
    pub ppid: i32,
    /// Its process group.
    pub pgid: i32,
    /// Its session.
    pub sid: i32,
    /// The foreground group of its controlling terminal, -1 without one.
    pub tpgid: i32,
    /// `R` runs, `S` sleeps, `D` waits for a device, `T` is stopped by a signal, `t` is in the hands of a
    /// tracer (it goes on at once), `Z` is a zombie.
    pub state: char,
    /// The file it runs, cut to 15 bytes.
    pub name: String,
    /// Processor time used, in clock ticks, its children not counted.
    pub ticks: u64,
    /// That of all children that it has waited for.
    pub(crate) reaped: u64,
}

/// An open descriptor: its number and what `/proc/PID/fd/N` links to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// The number.
    pub number: i32,
    /// `pipe:[4711]`, a path, `socket:[12]` and so on.
    pub target: String,
}

/// Bytes moved by a process itself, its children not counted (proc(5), `/proc/PID/task/TID/io`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Io {
    /// Bytes returned by `read` and its kin.
    pub rchar: u64,
    /// Bytes given to `write` and its kin.
    pub wchar: u64,
    /// Read calls.
    pub syscr: u64,
    /// Write calls.
    pub syscw: u64,
}

impl Proc {
    /// Reads one process; `None` if there is none any more.
    #[must_use]
    pub fn read(pid: i32) -> Option<Self> {
        let mut process = parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?;
        process.state = true_state(pid, process.state);
        Some(process)
    }

    /// Every process that can be seen.
    pub(crate) fn all() -> Vec<Self> {
        numbers("/proc").into_iter().filter_map(Self::read).collect()
    }

    /// Whether it has ended and only waits for its parent to ask how.
    #[must_use]
    pub fn is_zombie(&self) -> bool {
        self.state == 'Z'
    }

    /// Its open descriptors, ascending; empty if it may not be asked or has none.
    #[must_use]
    pub fn descriptors(&self) -> Vec<Descriptor> {
        descriptors(self.pid)
    }

    /// Bytes its own threads have moved so far, its children not counted; `None` if it may not be asked.
    #[must_use]
    pub fn io(&self) -> Option<Io> {
        io(self.pid)
    }

    /// The most bytes it has had in memory at once (`VmHWM`, proc(5)), shared pages of its program's file included; `None` if it
    /// has ended.
    #[must_use]
    pub fn peak_memory(&self) -> Option<u64> {
        Some(u64::try_from(status_number(self.pid, "VmHWM")?).ok()? * 1024)
    }

    /// Its anonymous bytes in memory, each page divided by the number of its users (`Pss_Anon`); `None` if it may not be asked.
    #[must_use]
    pub fn anonymous_memory(&self) -> Option<u64> {
        let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.pid)).ok()?;
        let kib = text
            .lines()
            .find_map(|line| line.strip_prefix("Pss_Anon:")?.split_whitespace().next()?.parse::<u64>().ok());
        Some(kib? * 1024)
    }

    /// The kernel function it sleeps in, if that can be seen.
    #[must_use]
    pub fn waits_in(&self) -> Option<String> {
        let text = fs::read_to_string(format!("/proc/{}/wchan", self.pid)).ok()?;
        (!text.is_empty() && text != "0").then_some(text)
    }

    /// Whether it was started with `entry` (`NAME=value`) in its environment.
    pub(crate) fn has_environment(&self, entry: &str) -> bool {
        let environment = fs::read(format!("/proc/{}/environ", self.pid)).unwrap_or_default();
        environment.split(|&b| b == 0).any(|found| found == entry.as_bytes())
    }
}

/// The descriptors of `pid`, ascending.
pub(crate) fn descriptors(pid: i32) -> Vec<Descriptor> {
    let folder = format!("/proc/{pid}/fd");
    let mut numbers = numbers(&folder);
    numbers.sort_unstable();
    let target = |number| fs::read_link(PathBuf::from(&folder).join(format!("{number}"))).ok();
    numbers
        .into_iter()
        .filter_map(|number| {
            Some(Descriptor { number, target: target(number)?.to_string_lossy().into_owned() })
        })
        .collect()
}

/// The bytes `pid`'s own threads have moved; `None` if it may not be asked.
pub(crate) fn io(pid: i32) -> Option<Io> {
    // /proc/PID/io would add every child that was waited for.
    let mut sum = Io::default();
    let threads = numbers(&format!("/proc/{pid}/task"));
    for thread in &threads {
        let text = fs::read_to_string(format!("/proc/{pid}/task/{thread}/io")).ok()?;
        let field = |name: &str| -> Option<u64> {
            text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")?.parse().ok())
        };
        sum.rchar += field("rchar")?;
        sum.wchar += field("wchar")?;
        sum.syscr += field("syscr")?;
        sum.syscw += field("syscw")?;
    }
    (!threads.is_empty()).then_some(sum)
}

/// State, ticks and context switches (voluntary, forced) of each thread of `pid`.
pub(crate) fn threads(pid: i32) -> Vec<Thread> {
    numbers(&format!("/proc/{pid}/task")).into_iter().filter_map(|tid| Thread::read(pid, tid)).collect()
}

/// What the watchdog compares from look to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Thread {
    pub(crate) tid: i32,
    pub(crate) state: char,
    pub(crate) ticks: u64,
    /// Those of all children that the process has waited for; told once, with its first thread.
    pub(crate) reaped: u64,
    pub(crate) voluntary: u64,
    pub(crate) forced: u64,
}

impl Thread {
    fn read(pid: i32, tid: i32) -> Option<Self> {
        let stat = parse_stat(&fs::read_to_string(format!("/proc/{pid}/task/{tid}/stat")).ok()?)?;
        let status = fs::read_to_string(format!("/proc/{pid}/task/{tid}/status")).ok()?;
        let field = |name: &str| -> u64 {
            let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            value.and_then(|value| value.trim().parse().ok()).unwrap_or(0)
        };
        Some(Self {
            tid,
            state: true_state(tid, stat.state),
            ticks: stat.ticks,
            reaped: if tid == pid { stat.reaped } else { 0 },
            voluntary: field("voluntary_ctxt_switches"),
            forced: field("nonvoluntary_ctxt_switches"),
        })
    }
}

/// Threads that a tracer of this process leaves stopped by their signal: the kernel calls them traced.
static STOPPED: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// Says whether the traced thread `tid` is stopped by a signal.
#[cfg(target_arch = "x86_64")]
pub(crate) fn set_stopped(tid: i32, stopped: bool) {
    let mut all = STOPPED.lock().unwrap_or_else(PoisonError::into_inner);
    if stopped {
        all.insert(tid)
    } else {
        all.remove(&tid)
    };
}

/// All of them.
pub(crate) fn stopped_threads() -> Vec<i32> {
    STOPPED.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
}

fn true_state(tid: i32, state: char) -> char {
    let stopped = || STOPPED.lock().unwrap_or_else(PoisonError::into_inner).contains(&tid);
    if state == 't' && stopped() { 'T' } else { state }
}

/// A number in `/proc/PID/status`, in the base it is written in.
pub(crate) fn status_number(pid: i32, name: &str) -> Option<i64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':')?.split_whitespace().next()?.parse().ok())
}

fn numbers(folder: &str) -> Vec<i32> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
}

fn parse_stat(text: &str) -> Option<Proc> {
    // The name may hold blanks and parentheses: it ends at the last one.
    let (head, tail) = text.rsplit_once(") ")?;
    let (pid, name) = head.split_once(" (")?;
    let field: Vec<&str> = tail.split_whitespace().collect();
    let number = |i: usize| -> Option<i32> { field.get(i)?.parse().ok() };
    let ticks = |i: usize| -> Option<u64> { field.get(i)?.parse().ok() };
    Some(Proc {
        pid: pid.parse().ok()?,
        state: field.first()?.chars().next()?,
        ppid: number(1)?,
        pgid: number(2)?,
        sid: number(3)?,
        tpgid: number(5)?,
        name: name.to_owned(),
        ticks: ticks(11)? + ticks(12)?,
        reaped: ticks(13)? + ticks(14)?,
    })
}

/// What descriptor `number` of `pid` is.
#[cfg(target_arch = "x86_64")]
pub(crate) fn descriptor_target(pid: i32, number: u64) -> Option<String> {
    // System calls take an int: the upper half of the register may hold anything.
    let number = number as i32;
    let target = fs::read_link(format!("/proc/{pid}/fd/{number}")).ok()?;
    Some(target.to_string_lossy().into_owned())
}
