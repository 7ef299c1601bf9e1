//! What the runner told this process, and the line it gets back.
//!
//! Read once, before any program starts: the environment variable is removed, the verdict pipe is kept from
//! the programs, and under confinement nobody may read this process's memory.

use std::fs::File;
use std::io::Write;
use std::os::fd::FromRawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};

use anyhow::{Context, Result};
use sandbox::protocol::{CONFIG_VAR, Config, Confine, Record, Verdict};

use crate::failure;

/// The runner's wishes, and this process's part of the protocol.
pub(crate) struct Referee {
    pub(crate) config: Config,
    /// One check in this process, started by the runner: whatever descends from it belongs to that check.
    pub(crate) alone: bool,
    pub(crate) seed: u64,
    verdicts: Option<Mutex<File>>,
    failed: AtomicBool,
}

/// This process's referee; the first call sets it up.
pub(crate) fn referee() -> &'static Referee {
    static REFEREE: OnceLock<Referee> = OnceLock::new();
    REFEREE.get_or_init(|| {
        failure::install_hook();
        match Referee::set_up() {
            Ok(referee) => referee,
            Err(error) => panic!("grader error: {error:#}"),
        }
    })
}

impl Referee {
    fn set_up() -> Result<Self> {
        let text = std::env::var(CONFIG_VAR).ok();
        let config: Config = match &text {
            Some(text) => serde_json::from_str(text).with_context(|| format!("read {CONFIG_VAR}"))?,
            None => Config::default(),
        };
        if text.is_some() {
            forget_variable();
        }
        match config.confine {
            // A student's own program may look at what its own user runs.
            Confine::None => sandbox::guard(config.verdict_fd)?,
            Confine::Full | Confine::Reduced => sandbox::shield(config.verdict_fd)?,
        }
        let verdicts = config.verdict_fd.map(verdict_pipe);
        let seed = config.seed.unwrap_or_else(|| fastrand::u64(..));
        let verdicts = verdicts.map(Mutex::new);
        Ok(Self { alone: text.is_some(), seed, verdicts, failed: AtomicBool::new(false), config })
    }

    /// How much longer watchdogs wait here than on the reference machine.
    pub(crate) fn slowness(&self) -> f64 {
        f64::from(self.config.slowness.unwrap_or(100).max(100)) / 100.0
    }

    /// A case of this check has failed before: the check is decided, and the next case may hang as long.
    pub(crate) fn is_decided(&self) -> bool {
        self.verdicts.is_some() && self.failed.load(Ordering::Relaxed)
    }

    /// Writes one line to the verdict pipe, if the runner gave one.
    pub(crate) fn record(&self, test: &str, verdict: Verdict, text: &str, detail: &str) {
        let Some(pipe) = &self.verdicts else { return };
        if verdict != Verdict::Pass {
            self.failed.store(true, Ordering::Relaxed);
        }
        let (test, text, detail) = (test.to_owned(), text.to_owned(), detail.to_owned());
        let record = Record { test, verdict, text, detail, seed: self.seed };
        let mut line = match serde_json::to_vec(&record) {
            Ok(line) => line,
            Err(error) => {
                eprintln!("testkit: write record: {error}");
                return;
            }
        };
        line.push(b'\n');
        let mut pipe = pipe.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // A runner that has gone needs no record; a runner that is there sees a missing one.
        if let Err(error) = pipe.write_all(&line) {
            eprintln!("testkit: write record: {error}");
        }
    }
}

#[allow(unsafe_code, reason = "the environment is changed once, before any program starts")]
fn forget_variable() {
    // SAFETY: the runner starts one check a process; libtest's main thread only waits for this one.
    unsafe { std::env::remove_var(CONFIG_VAR) };
}

#[allow(unsafe_code, reason = "the runner hands a descriptor over by its number")]
fn verdict_pipe(fd: i32) -> File {
    // SAFETY: the runner opened this number for this process alone; nothing else here knows it.
    unsafe { File::from_raw_fd(fd) }
}

/// The running test as the runner names it: `m2_pipe::sentence::case_1`, without the leading `spec::`.
pub(crate) fn test_name() -> String {
    let thread = std::thread::current();
    let name = match thread.name() {
        Some(name) if name != "main" => name.to_owned(),
        _ => only_test().unwrap_or_else(|| "test".to_owned()),
    };
    name.strip_prefix("spec::").unwrap_or(&name).to_owned()
}

/// The one test this process was started for, if it was (`--exact NAME`).
pub(crate) fn only_test() -> Option<String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--exact") {
        return None;
    }
    let mut names = arguments.iter().filter(|argument| !argument.starts_with("--"));
    match (names.next(), names.next()) {
        (Some(name), None) => Some(name.clone()),
        _ => None,
    }
}

/// `m2_pipe::data_flows::case_2_big` as a sentence: "data flows (case 2 big)".
pub(crate) fn sentence(test: &str) -> String {
    let parts: Vec<&str> = test.split("::").collect();
    match parts.as_slice() {
        [.., name, case] if case.starts_with("case_") => {
            format!("{} ({})", name.replace('_', " "), case.replace('_', " "))
        }
        [.., name] => name.replace('_', " "),
        [] => String::new(),
    }
}
