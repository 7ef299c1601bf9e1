//! The commands that are part of psh.

use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, chdir, getcwd};

use crate::procs::State;
use crate::say;
use crate::shell::Shell;
use crate::table::Table;

/// Whether a word names a builtin.
pub(crate) fn is_one(word: &[u8]) -> bool {
    let names: [&[u8]; 7] = [b"cd", b"pwd", b"exit", b"wait", b"jobs", b"fg", b"set"];
    names.contains(&word)
}

/// Why a builtin has a status other than that of its work.
struct Failed {
    reason: String,
    status: u8,
}

impl From<nix::errno::Errno> for Failed {
    fn from(errno: nix::errno::Errno) -> Self {
        Self { reason: say::reason(errno), status: 1 }
    }
}

fn wrong_use(reason: &str) -> Failed {
    Failed { reason: reason.to_owned(), status: 2 }
}

/// Runs a builtin with the descriptors of `table`; gives its status.
pub(crate) fn run(shell: &mut Shell, argv: &[Vec<u8>], table: &Table) -> u8 {
    let (stdout, arguments) = (table.now(1), &argv[1..]);
    let result = match (argv[0].as_slice(), arguments) {
        (b"cd", []) => match std::env::var_os("HOME") {
            Some(home) => change_folder(&home.into_vec()),
            None => Err(Failed { reason: "HOME not set".to_owned(), status: 1 }),
        },
        (b"cd", [folder]) => change_folder(folder),
        (b"pwd", []) => print_folder(stdout),
        (b"exit", []) => leave(shell, None),
        (b"exit", [status]) => leave(shell, Some(status)),
        (b"wait", []) => Ok(wait_for_all(shell)),
        (b"wait", pids) => wait_for(shell, pids),
        (b"jobs", []) => list_jobs(shell, stdout),
        (b"fg", []) => resume(shell, None, stdout),
        (b"fg", [number]) => match number_of(number) {
            Some(number) => resume(shell, Some(number), stdout),
            None => Err(wrong_use("not a job number")),
        },
        (b"set", [sign, name]) if name == b"pipefail" && (sign == b"-o" || sign == b"+o") => {
            shell.pipefail = sign == b"-o";
            Ok(0)
        }
        (b"set", _) => Err(wrong_use("usage: set -o pipefail, set +o pipefail")),
        _ => Err(wrong_use("too many arguments")),
    };
    result.unwrap_or_else(|failed| {
        say::complain(table.now(2), &argv[0], &failed.reason);
        failed.status
    })
}

fn number_of(word: &[u8]) -> Option<usize> {
    std::str::from_utf8(word).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
}

fn change_folder(folder: &[u8]) -> Result<u8, Failed> {
    chdir(OsStr::from_bytes(folder))?;
    Ok(0)
}

fn print_folder(stdout: i32) -> Result<u8, Failed> {
    let mut line = getcwd()?.into_os_string().into_vec();
    line.push(b'\n');
    say::write_all(stdout, &line)?;
    Ok(0)
}

fn leave(shell: &mut Shell, status: Option<&[u8]>) -> Result<u8, Failed> {
    shell.leaving = true;
    let Some(word) = status else { return Ok(shell.status) };
    let digits = word.strip_prefix(b"-").unwrap_or(word);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(wrong_use("not a number"));
    }
    let rest = digits.iter().fold(0u8, |rest, digit| rest.wrapping_mul(10).wrapping_add(digit - b'0'));
    Ok(if digits.len() < word.len() { rest.wrapping_neg() } else { rest })
}

fn list_jobs(shell: &mut Shell, stdout: i32) -> Result<u8, Failed> {
    shell.procs.sweep();
    say::write_all(stdout, &shell.jobs.lines(&shell.procs))?;
    shell.jobs.forget_done(&shell.procs);
    Ok(0)
}

fn wait_for_all(shell: &mut Shell) -> u8 {
    shell.procs.sweep();
    let runs = |shell: &Shell| {
        let mut own = shell.jobs.table.values().filter(|job| job.foreign.is_none());
        own.any(|job| job.state(&shell.procs) == State::Running)
    };
    while runs(shell) {
        shell.procs.wait_change();
    }
    shell.jobs.forget_done(&shell.procs);
    0
}

fn wait_for(shell: &mut Shell, pids: &[Vec<u8>]) -> Result<u8, Failed> {
    let mut status = 0;
    for word in pids {
        let pid = number_of(word).ok_or_else(|| wrong_use("not a process id"))?;
        status = i32::try_from(pid).map_or(127, |pid| wait_for_one(shell, pid));
    }
    Ok(status)
}

/// The status of a process, which is told only once. One that is stopped is not waited for.
fn wait_for_one(shell: &mut Shell, pid: i32) -> u8 {
    shell.procs.sweep();
    let status = loop {
        match shell.procs.state(pid) {
            None => return 127,
            Some(State::Stopped(signal)) => return 128 + signal,
            Some(State::Running) => shell.procs.wait_change(),
            Some(State::Ended(status)) => break status,
        }
    };
    shell.procs.forget(pid);
    let procs = &shell.procs;
    shell.jobs.table.retain(|_, job| {
        job.foreign.is_some() || !job.stages.contains(&pid) || !matches!(job.state(procs), State::Ended(_))
    });
    status
}

fn resume(shell: &mut Shell, number: Option<usize>, stdout: i32) -> Result<u8, Failed> {
    shell.procs.sweep();
    let procs = &shell.procs;
    let mut own = shell.jobs.table.iter().filter(|(_, job)| job.foreign.is_none());
    let found = match number {
        Some(wanted) => own.find(|(number, _)| **number == wanted),
        None => own.rfind(|(_, job)| !matches!(job.state(procs), State::Ended(_))),
    };
    let Some((&number, job)) = found else {
        return Err(Failed { reason: "no such job".to_owned(), status: 1 });
    };
    say::write_all(stdout, &[job.text.as_slice(), b"\n"].concat())?;
    let Some(job) = shell.jobs.table.remove(&number) else { return Ok(0) };
    let group = Pid::from_raw(job.group);
    if !shell.nested && shell.terminal.is_ours() {
        shell.terminal.lend(group);
    }
    job.pids().for_each(|pid| shell.procs.resume(pid));
    // A group that has ended meanwhile needs no signal; its status is known.
    let _ = killpg(group, Signal::SIGCONT);
    let text = job.text.clone();
    Ok(shell.finish(job, Some(number), &text).status)
}
