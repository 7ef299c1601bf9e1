//! What a worker can do. Given, but for `write`, whose effect is yours (`effect.rs`).
//!
//! [`Task::parse`] says whether a text is a task (the boss wants to know), [`Task::run`] does it (in a worker).

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use nix::unistd::getpid;

use crate::effect;
use crate::failure::reason;
use crate::line::Answer;
use crate::meeting;
use crate::signals;

/// One task, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// Answers the worker's pid.
    Pid,
    /// Adds the numbers in a file.
    Sum(PathBuf),
    /// Waits at a FIFO.
    Gate(PathBuf),
    /// Waits until so many are there.
    Meet(PathBuf, usize),
    /// Dies by a signal.
    Crash(Signal),
    /// Makes a file with this text and a newline.
    Write(PathBuf, Vec<u8>),
    /// Fails.
    Fail,
}

impl Task {
    /// Understands `TASK ARGS`; `None` is no task.
    pub fn parse(text: &[u8]) -> Option<Task> {
        if text.contains(&0) {
            return None;
        }
        let mut words = text.splitn(3, |&byte| byte == b' ');
        let name = words.next()?;
        let (first, rest) = (words.next(), words.next());
        let path = |word: Option<&[u8]>| word.filter(|word| !word.is_empty()).map(to_path);
        // All but `write` and `meet` have one argument or none.
        Some(match (name, rest) {
            (b"pid", None) if first.is_none() => Task::Pid,
            (b"fail", None) if first.is_none() => Task::Fail,
            (b"sum", None) => Task::Sum(path(first)?),
            (b"gate", None) => Task::Gate(path(first)?),
            (b"meet", Some(number)) => Task::Meet(path(first)?, text_of(number)?.parse().ok()?),
            (b"crash", None) => Task::Crash(signal(text_of(first?)?)?),
            (b"write", Some(content)) => {
                // A name is needed, beside which a helper file may stand.
                let file = path(first)?;
                file.file_name()?;
                Task::Write(file, [content, b"\n"].concat())
            }
            _ => return None,
        })
    }

    /// Does it, in this process. `key` names its effect: the same at each attempt, another one for each task.
    pub fn run(&self, key: &[u8]) -> Answer {
        let result = match self {
            Task::Pid => Ok(getpid().to_string()),
            Task::Sum(file) => sum(file),
            Task::Gate(fifo) => gate(fifo).map(|()| "open".to_owned()),
            Task::Meet(dir, n) => {
                meeting::meet(dir, *n).map(|()| "met".to_owned()).map_err(|error| format!("{error:#}"))
            }
            Task::Crash(signal) => Err(crash(*signal)),
            Task::Write(file, content) => effect::make(key, file, content),
            Task::Fail => Err("failed".to_owned()),
        };
        match result {
            Ok(text) => Answer::ok(text),
            Err(text) => Answer::fail(text),
        }
    }
}

fn to_path(word: &[u8]) -> PathBuf {
    PathBuf::from(OsString::from_vec(word.to_vec()))
}

fn text_of(word: &[u8]) -> Option<&str> {
    std::str::from_utf8(word).ok()
}

/// `KILL`, `SIGKILL` or `9`.
fn signal(name: &str) -> Option<Signal> {
    match name.parse::<i32>() {
        Ok(number) => Signal::try_from(number).ok(),
        Err(_) => format!("SIG{}", name.trim_start_matches("SIG")).parse().ok(),
    }
}

fn sum(file: &Path) -> Result<String, String> {
    let text = fs::read_to_string(file).map_err(|error| reason(&error))?;
    let mut numbers = text.split_ascii_whitespace().map(|word| word.parse::<i128>().ok());
    let sum = numbers.try_fold(0i128, |sum, number| sum.checked_add(number?));
    sum.map(|sum| sum.to_string()).ok_or_else(|| "not a number".to_owned())
}

/// Tells who is there, then blocks in open(2) until somebody opens the other side.
fn gate(fifo: &Path) -> Result<(), String> {
    let told = || {
        let meta = fs::metadata(fifo)?;
        if !std::os::unix::fs::FileTypeExt::is_fifo(&meta.file_type()) {
            return Err(std::io::Error::from_raw_os_error(nix::libc::EINVAL));
        }
        let name = [b".", fifo.file_name().unwrap_or_default().as_bytes(), b".reached"].concat();
        let marker = fifo.with_file_name(OsStr::from_bytes(&name));
        let mut marker = OpenOptions::new().append(true).create(true).open(marker)?;
        marker.write_all(format!("{}\n", getpid()).as_bytes())?;
        // std repeats an interrupted open.
        File::open(fifo).map(drop)
    };
    told().map_err(|error| reason(&error))
}

/// Kills this process. What it returns is only said if it lives on (by a signal that does no harm).
fn crash(signal: Signal) -> String {
    // A core file would be an effect that nobody asked for.
    let prepared = setrlimit(Resource::RLIMIT_CORE, 0, 0).and_then(|()| signals::restore(signal));
    match prepared.and_then(|()| nix::sys::signal::raise(signal)) {
        Ok(()) => "still alive".to_owned(),
        Err(errno) => reason(&errno.into()),
    }
}
