//! `sigcount`: says which signals come.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use nix::errno::Errno;

use crate::failure::{Failure, print};
use crate::names::Sig;
use crate::options::Count;
use crate::signals::{Arrival, Signals, die_of, ignore, is_ignored};

/// Runs it, and gives its exit status.
///
/// # Errors
/// What the contract has a message for.
pub fn run(options: &Count) -> Result<u8, Failure> {
    // BEGIN SOLUTION
    for signal in &options.ignore {
        ignore(*signal).map_err(|errno| Failure::system(signal, errno))?;
    }
    let mut wanted = options.catch.clone();
    wanted.push(Sig(libc::SIGTERM));
    let fatal = fatal(options)?;
    wanted.extend(&fatal);
    let signals = Signals::catch(&wanted).map_err(|(signal, errno)| Failure::system(signal, errno))?;
    let file = options.file.as_deref().map(OwnFile::make).transpose()?;
    print(format!("ready {}\n", std::process::id()))?;

    let mut counts = Counts::default();
    loop {
        let arrival = signals.next().map_err(|errno| Failure::system("signals", errno))?;
        if arrival.signal.0 == libc::SIGTERM {
            return report(&signals, counts);
        }
        if fatal.contains(&arrival.signal) {
            drop(file);
            let Err(errno) = die_of(arrival.signal);
            return Err(Failure::system(arrival.signal, errno));
        }
        counts.note(arrival)?;
    }
    // END SOLUTION
    // STUB: todo!("M1: prepare the signals, make FILE, say ready; then count until SIGTERM")
}
// BEGIN SOLUTION

/// The signals of which it dies when it has removed its file: not those that somebody wants ignored.
fn fatal(options: &Count) -> Result<Vec<Sig>, Failure> {
    let mut fatal = Vec::new();
    for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT].map(Sig) {
        let is_ignored = is_ignored(signal).map_err(|errno| Failure::system(signal, errno))?;
        if !is_ignored && !options.catch.contains(&signal) {
            fatal.push(signal);
        }
    }
    Ok(fatal)
}

/// What came before SIGTERM and still waits is counted, too.
fn report(signals: &Signals, mut counts: Counts) -> Result<u8, Failure> {
    let failed = |errno| Failure::system("signals", errno);
    while let Some(arrival) = signals.take().map_err(failed)? {
        if arrival.signal.0 != libc::SIGTERM {
            counts.note(arrival)?;
        }
    }
    let lines = counts.0.iter().map(|(signal, count)| format!("{signal} {count}\n"));
    print(lines.collect::<String>())?;
    Ok(0)
}

/// How often each signal has come.
#[derive(Debug, Default)]
struct Counts(BTreeMap<Sig, u64>);

impl Counts {
    /// Counts it, and says so.
    fn note(&mut self, arrival: Arrival) -> Result<(), Failure> {
        *self.0.entry(arrival.signal).or_default() += 1;
        match arrival.value {
            Some(value) => print(format!("got {} {value}\n", arrival.signal)),
            None => print(format!("got {}\n", arrival.signal)),
        }
    }
}

/// A file that exists as long as this value.
#[derive(Debug)]
struct OwnFile(PathBuf);

impl OwnFile {
    fn make(path: &Path) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| {
            Failure::system(path.display(), Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO)))
        };
        let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
        let own = Self(path.to_owned());
        file.write_all(format!("{}\n", std::process::id()).as_bytes()).map_err(failed)?;
        Ok(own)
    }
}

impl Drop for OwnFile {
    fn drop(&mut self) {
        // It may be gone already: what matters is that it is not there.
        let _ = fs::remove_file(&self.0);
    }
}
// END SOLUTION
