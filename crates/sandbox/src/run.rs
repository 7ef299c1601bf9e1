//! The parent's side: starts the helper, watches, ends it, and makes the [`Outcome`].

use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result};
use nix::fcntl::OFlag;
use nix::sys::resource::Usage as Rusage;
use nix::sys::time::TimeVal;
use nix::unistd::{Pid, pipe2};

use crate::cgroup::{self, Lease};
use crate::forking::while_forking;
use crate::identity::Claim;
use crate::order::{Message, Order, parse};
use crate::outcome::{Capped, End, Outcome, Usage};
use crate::protocol::Record;
use crate::pump::{Pump, Stop};
use crate::relocate::Work;
use crate::spec::{Job, Level, Spec};
use crate::{INIT_ARG, sys};

/// Runs `spec` and returns when nothing of it is left. Never panics, never prints.
///
/// Call it from a thread that lives as long as the run: the helper dies with the thread that started it.
/// If no level is asked for and `full` cannot be made, `reduced` is tried, and the notes say why.
#[must_use]
pub fn run(spec: &Spec) -> Outcome {
    if let Some(level) = spec.level {
        return run_at(spec, level);
    }
    let full = run_at(spec, Level::Full);
    let End::SetupFailed(reason) = &full.end else { return full };
    let mut reduced = run_at(spec, Level::Reduced);
    if let End::SetupFailed(again) = &reduced.end {
        reduced.end = End::SetupFailed(format!("full: {reason}; reduced: {again}"));
    }
    reduced.notes.insert(0, format!("level full failed: {reason}"));
    reduced
}

/// Runs at one level, without falling back.
pub(crate) fn run_at(spec: &Spec, level: Level) -> Outcome {
    match try_run(spec, level) {
        Ok(outcome) => outcome,
        Err(error) => Outcome::bare(End::SetupFailed(format!("{error:#}")), level),
    }
}

fn try_run(spec: &Spec, level: Level) -> Result<Outcome> {
    // Dropped last: by then nobody uses it.
    let work = if level == Level::Full { None } else { Some(Work::new(spec)?) };
    let real = work.as_ref().map_or_else(|| spec.clone(), |work| work.rewrite(spec));
    // At level none programs run as the caller.
    let claim = if level == Level::None { None } else { Claim::new(spec.slot)? };
    let mut lease = cgroup::take(spec, level);
    let status = pipe2(OFlag::O_CLOEXEC).context("make the status pipe")?;
    let verdict = pipe2(OFlag::O_CLOEXEC).context("make the verdict pipe")?;
    let control = pipe2(OFlag::O_CLOEXEC).context("make the control pipe")?;
    let order = Order {
        level,
        spec: real,
        slot_uid: claim.as_ref().map(|claim| claim.uid),
        parent: std::process::id().cast_signed(),
        status: status.1.as_raw_fd(),
        control: control.0.as_raw_fd(),
        verdict: verdict.1.as_raw_fd(),
        group: lease.as_ref().map(Lease::doors).unwrap_or_default(),
        copies: work.as_ref().map(|work| work.copies().to_vec()).unwrap_or_default(),
        work: work.as_ref().map(|work| work.folder().to_owned()),
    };
    let memfd = order.to_memfd()?;
    let mut inherited = vec![memfd.as_raw_fd(), order.status, order.control, order.verdict];
    inherited.extend(order.group.numbers());
    let started = Instant::now();
    let mut helper = helper(&memfd, inherited);
    let mut child = while_forking(|| helper.spawn()).context("start the sandbox's helper")?;
    drop(helper);
    let pid = Pid::from_raw(child.id().cast_signed());
    drop((status.1, verdict.1, control.0, memfd));

    let stdout: OwnedFd = child.stdout.take().context("take standard output")?.into();
    let stderr: OwnedFd = child.stderr.take().context("take standard error")?.into();
    let mut pump = Pump::new(spec, pid, [stdout, stderr, status.0, verdict.0], control.1)?;
    // With namespaces the segments are not the host's.
    let owner = claim.as_ref().map(|claim| claim.uid).filter(|_| level != Level::Full);
    pump.watch(lease.as_mut().and_then(Lease::watch), owner);
    let pumped = pump.until_dead(started);
    let (_, raw, rusage) = sys::wait4(pid).context("wait for the sandbox's helper")?;
    pumped?;
    let mut outcome = judge(spec, level, &pump, raw, lease.as_mut());
    outcome.usage = usage(&rusage, started, pump.peak());
    if level == Level::Full {
        // Elsewhere the helper has reaped them itself.
        let [user, system] = pump.unreaped();
        outcome.usage.user += user;
        outcome.usage.system += system;
    }
    Ok(outcome)
}

/// The helper's command line. Its environment is empty: nothing of the caller's gets in.
fn helper(order: &OwnedFd, inherited: Vec<i32>) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.arg0("sandbox").arg(INIT_ARG).arg(order.as_raw_fd().to_string()).env_clear();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    sys::inherit(&mut command, inherited);
    command
}

/// Makes the outcome from what the pipes brought and why we stopped.
fn judge(spec: &Spec, level: Level, pump: &Pump, helper: i32, lease: Option<&mut Lease>) -> Outcome {
    let mut outcome = Outcome::bare(End::SetupFailed("the helper ended without a word".to_owned()), level);
    let mut end = None;
    let mut failed = None;
    let mut kept_out = None;
    for (message, payload) in parse(pump.status()) {
        match message {
            Message::Note(note) => outcome.notes.push(note),
            Message::NoGroup(reason) => kept_out = Some(reason),
            Message::Failed(reason) => failed = Some(reason),
            Message::Command(status) => end = Some(status),
            // Process 1 of a supervised job only repeats what it has sent itself.
            Message::First(status) if end.is_none() => end = Some(status),
            Message::First(_) => {}
            Message::File(_) => outcome.files.push(Ok(payload)),
            Message::NoFile(reason) => outcome.files.push(Err(reason)),
        }
    }
    if let Some(reason) = kept_out {
        outcome.notes.push(cgroup::fell_back(&reason));
        // Somebody may have removed it; the next run makes another.
        lease.map(Lease::discard);
    }
    outcome.end = match (pump.stop(), failed, end) {
        (_, Some(reason), _) => End::SetupFailed(reason),
        (Some(Stop::Cancelled), ..) => End::Cancelled,
        (Some(Stop::Time), ..) => End::TimedOut,
        (Some(Stop::Output), ..) => End::OutputLimit,
        (Some(Stop::Memory(note)), ..) => {
            outcome.notes.push(note.clone());
            End::MemoryLimit
        }
        (None, None, Some(status)) => ended(status),
        (None, None, None) => End::SetupFailed(format!("the helper ended early, wait status {helper:#x}")),
    };
    let missing = || Err("the command did not exit with 0".to_owned());
    outcome.files.resize_with(spec.collect.len(), missing);
    [outcome.stdout, outcome.stderr] = pump.output().map(Capped::clone);
    if let Job::Referee { .. } = spec.job {
        match records(pump.verdicts()) {
            Ok(records) => outcome.records = records,
            Err(reason) => outcome.garbled = Some(format!("{reason:#}")),
        }
    }
    outcome
}

fn ended(status: i32) -> End {
    if libc::WIFEXITED(status) {
        End::Exited(libc::WEXITSTATUS(status))
    } else {
        End::Signaled(libc::WTERMSIG(status))
    }
}

/// One JSON object a line. A last line without its newline is what a killed referee leaves, and does not count.
fn records(bytes: &[u8]) -> Result<Vec<Record>> {
    let whole = bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
    whole.map(|line| serde_json::from_slice(line).context("read a verdict")).collect()
}

fn usage(rusage: &Rusage, started: Instant, peak_sum: u64) -> Usage {
    let duration = |time: TimeVal| {
        std::time::Duration::from_secs(time.tv_sec().cast_unsigned())
            + std::time::Duration::from_micros(time.tv_usec().cast_unsigned())
    };
    Usage {
        wall: started.elapsed(),
        user: duration(rusage.user_time()),
        system: duration(rusage.system_time()),
        max_rss: rusage.max_rss().cast_unsigned() << 10,
        peak_sum,
    }
}
