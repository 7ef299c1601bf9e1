//! Runs one referee: a process of the compiled specification for one check, its records read from a pipe
//! that only it holds, an outer watchdog for when its own fails.

#![allow(
    unsafe_code,
    reason = "the verdict pipe must cross exec(2): its close-on-exec flag is cleared after fork"
)]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{Pid, pipe2};
use sandbox::protocol::{CONFIG_VAR, Config, Record};

use crate::family::Family;
use crate::interrupt;
use crate::outcome::RefereeEnd;

/// The path of the specification's module in its test binary.
pub const ROOT: &str = "spec::";

/// More than this on the verdict pipe is no record of ours.
const MAX_RECORDS: usize = 1 << 20;

/// How often a waiting runner looks for Ctrl-C and for the referee's end.
const TICK: u8 = 50;

/// So many looks in a row must find a referee stopped: one stop may be about to be taken back.
const STOPPED: u32 = 10;

/// Every check of a specification with its cases.
pub type Cases = BTreeMap<String, Vec<String>>;

/// Asks a specification for its checks.
///
/// # Errors
/// When it cannot be run, or lists nothing.
pub fn list(spec: &Path) -> anyhow::Result<Cases> {
    let output = Command::new(spec)
        .args(["--list", "--format", "terse"])
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("list the checks of {}", spec.display()))?;
    if !output.status.success() {
        bail!("list the checks of {}: {}", spec.display(), output.status);
    }
    let cases = parse_list(&String::from_utf8_lossy(&output.stdout));
    if cases.is_empty() {
        bail!("{} lists no checks", spec.display());
    }
    Ok(cases)
}

/// `spec::m2_pipe::name::case_1: test` is case `m2_pipe::name::case_1` of check `m2_pipe::name`.
fn parse_list(text: &str) -> Cases {
    let mut cases = Cases::new();
    for line in text.lines() {
        let Some(case) = line.strip_suffix(": test").and_then(|line| line.strip_prefix(ROOT)) else {
            continue;
        };
        let check = case.splitn(3, "::").take(2).collect::<Vec<_>>().join("::");
        cases.entry(check).or_default().push(case.to_owned());
    }
    cases
}

/// One referee to be run.
#[derive(Debug)]
pub struct Referee<'a> {
    /// The specification's test binary.
    pub spec: &'a Path,
    /// Everything but the verdict pipe.
    pub config: &'a Config,
    /// The cases it shall run.
    pub cases: &'a [String],
    /// What it prints goes here, for us only.
    pub log: PathBuf,
    /// When the runner stops believing in the referee's own watchdog.
    pub patience: Duration,
}

/// What came of it.
#[derive(Debug)]
pub struct Heard {
    /// The records, in order.
    pub records: Vec<Record>,
    /// How the referee ended.
    pub end: RefereeEnd,
    /// Wall time.
    pub took: Duration,
}

impl Referee<'_> {
    /// Runs it to its end, to the watchdog, or to Ctrl-C.
    #[must_use]
    pub fn run(&self, family: &Family) -> Heard {
        let start = Instant::now();
        let (records, end) = match self.try_run(family, start) {
            Ok(heard) => heard,
            Err(error) => (Vec::new(), RefereeEnd::Broken(format!("{error:#}"))),
        };
        Heard { records, end, took: start.elapsed() }
    }

    fn try_run(&self, family: &Family, start: Instant) -> anyhow::Result<(Vec<Record>, RefereeEnd)> {
        let (from, to) = pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK).context("make the verdict pipe")?;
        // The referee's end blocks like any other; the flag belongs to each end's own description.
        fcntl(&to, FcntlArg::F_SETFL(OFlag::empty())).context("set up the verdict pipe")?;
        let mut child = family.spawn(&mut self.command(&to)?).context("start the referee")?;
        drop(to);
        let mut bytes = Vec::new();
        let heard = self.listen(&mut child, File::from(from), &mut bytes, start);
        let is_over = matches!(heard, Ok(Ended::ByItself(_)));
        if !is_over {
            // It leads a group of its own; what left that group is swept below.
            let _ = killpg(Pid::from_raw(child.id().cast_signed()), Signal::SIGKILL);
            let _ = child.kill();
        }
        let status = child.wait();
        family.forget(&child);
        if !is_over {
            family.sweep();
        }
        status.context("wait for the referee")?;
        let (Ended::ByItself(end) | Ended::ByUs(end)) = heard?;
        if interrupt::is_halted() {
            bail!("interrupted");
        }
        Ok((parse_records(&bytes)?, end))
    }

    fn command(&self, verdicts: &OwnedFd) -> anyhow::Result<Command> {
        let fd = verdicts.as_raw_fd();
        let config = Config { verdict_fd: Some(fd), ..self.config.clone() };
        let log = File::create(&self.log).with_context(|| format!("create {}", self.log.display()))?;
        let mut command = Command::new(self.spec);
        command
            .args(self.cases.iter().map(|case| format!("{ROOT}{case}")))
            .args(["--exact", "--test-threads=1", "--nocapture"])
            .env(CONFIG_VAR, serde_json::to_string(&config).context("write the referee's config")?)
            // A backtrace of the specification tells a student nothing.
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null())
            .stdout(log.try_clone().context("copy the log's descriptor")?)
            .stderr(log)
            .process_group(0);
        let prepare = move || {
            set_pdeathsig(Signal::SIGKILL)?;
            // SAFETY: the caller of `spawn` holds `verdicts` open until `spawn` has returned.
            let verdicts = unsafe { std::os::fd::BorrowedFd::borrow_raw(fd) };
            fcntl(verdicts, FcntlArg::F_SETFD(FdFlag::empty()))?;
            io::Result::Ok(())
        };
        // SAFETY: `prepare` runs after fork and makes two system calls, prctl(2) and fcntl(2), which are
        // async-signal-safe; it neither allocates nor locks.
        unsafe { command.pre_exec(prepare) };
        Ok(command)
    }

    /// Reads until the referee has ended or must be ended.
    fn listen(
        &self,
        child: &mut Child,
        mut from: File,
        bytes: &mut Vec<u8>,
        start: Instant,
    ) -> anyhow::Result<Ended> {
        let (mut is_open, mut stopped) = (true, 0);
        while start.elapsed() < self.patience && !interrupt::is_halted() {
            // The status first: what it wrote before it ended is then in the pipe for the drain below.
            let status = child.try_wait().context("wait for the referee")?;
            if is_open {
                is_open = drain(&mut from, bytes).context("read the verdict pipe")?;
            }
            if let Some(status) = status {
                return Ok(Ended::ByItself(end_of(status)));
            }
            stopped = if is_stopped(child) { stopped + 1 } else { 0 };
            if stopped == STOPPED {
                let what = "it had stopped the check that watches it (a stop signal to its parent)";
                return Ok(Ended::ByUs(RefereeEnd::Limit(what.to_owned())));
            }
            if bytes.len() > MAX_RECORDS {
                return Ok(Ended::ByUs(RefereeEnd::Broken("more than 1 MiB of records".to_owned())));
            }
            let mut fds = [PollFd::new(from.as_fd(), PollFlags::POLLIN)];
            // A closed pipe would wake us at once and for ever; then only the tick counts, made short
            // because a referee that has closed its pipe is about to end.
            let (fds, tick) = if is_open { (&mut fds[..], TICK) } else { (&mut fds[..0], 1) };
            match poll(fds, PollTimeout::from(tick)) {
                Ok(_) | Err(nix::errno::Errno::EINTR) => {}
                Err(error) => return Err(error).context("wait for the verdict pipe"),
            }
        }
        Ok(Ended::ByUs(RefereeEnd::Watchdog))
    }
}

/// Whether a referee stands still by a signal. Only what it watches can have done that: it is in no terminal's
/// foreground.
fn is_stopped(child: &Child) -> bool {
    let flags = WaitPidFlag::WSTOPPED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    let id = i32::try_from(child.id()).map(Pid::from_raw).map(Id::Pid);
    id.is_ok_and(|id| matches!(waitid(id, flags), Ok(WaitStatus::Stopped(..))))
}

/// Who ends a referee.
enum Ended {
    ByItself(RefereeEnd),
    ByUs(RefereeEnd),
}

/// Takes what is in the pipe; whether more may come.
fn drain(from: &mut File, bytes: &mut Vec<u8>) -> io::Result<bool> {
    let mut chunk = [0; 4096];
    while bytes.len() <= MAX_RECORDS {
        match from.read(&mut chunk) {
            Ok(0) => return Ok(false),
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

fn end_of(status: std::process::ExitStatus) -> RefereeEnd {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => RefereeEnd::Exited(code),
        (None, signal) => RefereeEnd::Signaled(signal.unwrap_or_default()),
    }
}

/// The records of a verdict pipe, one JSON object a line.
///
/// # Errors
/// When a line is no record.
pub fn parse_records(bytes: &[u8]) -> anyhow::Result<Vec<Record>> {
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).context("read a record of the referee")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_are_gathered_under_their_check() {
        let text = "spec::m1_a::one: test\nspec::m1_a::two::case_1_x: test\nspec::m1_a::two::case_2: test\nother: test\n";
        let cases = parse_list(text);
        assert_eq!(cases.keys().collect::<Vec<_>>(), ["m1_a::one", "m1_a::two"]);
        assert_eq!(cases["m1_a::two"], ["m1_a::two::case_1_x", "m1_a::two::case_2"]);
    }

    #[test]
    fn a_torn_record_is_an_error() {
        let whole = br#"{"test":"m1::a","verdict":"pass","seed":3}"#;
        assert_eq!(parse_records(whole).unwrap().len(), 1);
        assert!(parse_records(&whole[..20]).is_err());
    }
}
