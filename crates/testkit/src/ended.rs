//! The ends of programs that nobody has asked for yet. They may be why the check waits in vain.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::sys::signal::Signal;

use crate::capture::Capture;
use crate::text::{clip, visible};

/// Where a program's end is left by the thread that waits for it.
#[derive(Clone, Default)]
pub(crate) struct Ending(Arc<Mutex<State>>);

#[derive(Default)]
enum State {
    #[default]
    Runs,
    Ended(io::Result<ExitStatus>),
    /// The check has asked for it.
    Taken,
}

impl Ending {
    pub(crate) fn set(&self, end: io::Result<ExitStatus>) {
        *self.get() = State::Ended(end);
    }

    pub(crate) fn has_come(&self) -> bool {
        !matches!(*self.get(), State::Runs)
    }

    pub(crate) fn take(&self) -> Option<io::Result<ExitStatus>> {
        let mut state = self.get();
        match std::mem::take(&mut *state) {
            State::Ended(end) => {
                *state = State::Taken;
                Some(end)
            }
            other => {
                *state = other;
                None
            }
        }
    }

    /// In words, as long as nobody has taken it.
    pub(crate) fn told(&self) -> Option<String> {
        match &*self.get() {
            State::Ended(Ok(status)) => Some(how(*status)),
            _ => None,
        }
    }

    /// The same as a further line of a failure; nothing while it runs.
    pub(crate) fn line(&self) -> String {
        self.told().map(|how| format!("\nended: {how}")).unwrap_or_default()
    }

    fn get(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A program that was started: what is known of it without its `Running`.
#[derive(Clone)]
pub(crate) struct Started {
    pub(crate) name: String,
    pub(crate) stdout: Capture,
    pub(crate) stderr: Capture,
    pub(crate) ending: Ending,
}

impl Started {
    /// That it has ended, how, and its last words; `None` while it runs, and when its end was asked for.
    pub(crate) fn told(&self) -> Option<String> {
        let how = self.ending.told()?;
        Some(format!("ended already: {}, {how}{}", self.name, last_words(&self.stderr.get().bytes)))
    }
}

/// `exit status 1`, or `killed by SIGHUP`.
pub(crate) fn how(status: ExitStatus) -> String {
    match (status.code(), status.signal().map(Signal::try_from)) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(Ok(signal))) => format!("killed by {signal}"),
        (None, _) => "killed by a signal".to_owned(),
    }
}

/// The first lines of standard error, if there are any, on lines of their own.
pub(crate) fn last_words(stderr: &[u8]) -> String {
    let stderr = String::from_utf8_lossy(stderr);
    let lines = stderr.lines().skip_while(|line| line.is_empty()).take(4);
    let lines: Vec<String> = lines.map(|line| clip(&visible(line.as_bytes()), 200)).collect();
    if lines.is_empty() { String::new() } else { format!("\nstderr: {}", lines.join("\n        ")) }
}
