//! `sigcount`: says which signals come.
//!
//! Its signals are blocked for good. The kernel's queue is the only one there is: sigcount takes one signal, tells it, takes
//! the next. While its output takes nothing, all else waits in the kernel, in order, and a sender learns when that is full.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use nix::errno::Errno;

use crate::failure::{Failure, print};
use crate::names::Sig;
use crate::options::Count;
use crate::signals::{Arrival, Origin, Set, die_of, ignore, is_ignored, set_default};

const TERM: Sig = Sig(libc::SIGTERM);
const FATAL: [Sig; 3] = [Sig(libc::SIGHUP), Sig(libc::SIGINT), Sig(libc::SIGQUIT)];

/// Runs it, and gives its exit status.
///
/// # Errors
/// What the contract has a message for.
pub fn run(options: &Count) -> Result<u8, Failure> {
    let fatal = prepare(options)?;
    // Dropped on every way out of here: at the end of count, and before die_of below.
    let file = options.file.as_deref().map(PidFile::make).transpose()?;
    let last = count(&options.catch, &fatal);
    drop(file);
    match last? {
        TERM => Ok(0),
        signal => match die_of(signal).map_err(|errno| Failure::system(signal, errno))? {},
    }
}

/// Blocks and sets what the options name; gives the fatal signals that sigcount has to see.
fn prepare(options: &Count) -> Result<Vec<Sig>, Failure> {
    let named = |signal: &Sig| options.catch.contains(signal) || options.ignore.contains(signal);
    let mut fatal = Vec::new();
    for signal in FATAL.into_iter().filter(|signal| !named(signal)) {
        if !is_ignored(signal).map_err(|errno| Failure::system(signal, errno))? {
            fatal.push(signal);
        }
    }
    let taken: Vec<Sig> = [&options.catch[..], &fatal, &[TERM]].concat();
    Set::of(&taken).block().map_err(|errno| Failure::system("sigprocmask", errno))?;
    for signal in &options.ignore {
        ignore(*signal).map_err(|errno| Failure::system(signal, errno))?;
    }
    // Nothing needs these actions, since nothing blocked is delivered; but the kernel says here what cannot be caught, and
    // who looks from outside sees that the signal is not ignored.
    for signal in &taken {
        set_default(*signal).map_err(|errno| Failure::system(signal, errno))?;
    }
    Ok(fatal)
}

/// Tells and counts until a signal ends it; gives this signal.
fn count(caught: &[Sig], fatal: &[Sig]) -> Result<Sig, Failure> {
    print(format!("ready {}\n", std::process::id()))?;
    let all = Set::of(&[caught, fatal, &[TERM]].concat());
    let mut counts = BTreeMap::new();
    loop {
        let arrival = all.wait().map_err(|errno| Failure::system("sigwaitinfo", errno))?;
        if fatal.contains(&arrival.signal) {
            return Ok(arrival.signal);
        }
        if arrival.signal == TERM {
            break;
        }
        tell(arrival, &mut counts)?;
    }
    tell_the_rest(caught, &mut counts)?;
    for (signal, count) in &counts {
        print(format!("{signal} {count}\n"))?;
    }
    Ok(TERM)
}

/// What was sent before SIGTERM may still be pending: higher numbers come after it.
fn tell_the_rest(caught: &[Sig], counts: &mut BTreeMap<Sig, u64>) -> Result<(), Failure> {
    let mut rest = Set::of(caught);
    while let Some(arrival) = rest.poll().map_err(|errno| Failure::system("sigtimedwait", errno))? {
        // One bit was pending. If it is set again, that was after SIGTERM: who sends without end must not keep us here.
        if arrival.signal.0 < libc::SIGRTMIN() {
            rest.remove(arrival.signal);
        }
        tell(arrival, counts)?;
    }
    Ok(())
}

fn tell(arrival: Arrival, counts: &mut BTreeMap<Sig, u64>) -> Result<(), Failure> {
    *counts.entry(arrival.signal).or_default() += 1;
    match arrival.origin {
        Origin::Queue(value) => print(format!("got {} {value}\n", arrival.signal)),
        Origin::Timer(_) | Origin::Other => print(format!("got {}\n", arrival.signal)),
    }
}

/// FILE, which lasts as long as this value.
struct PidFile(PathBuf);

impl PidFile {
    fn make(path: &Path) -> Result<Self, Failure> {
        let failed = |error: io::Error| {
            Failure::system(path.display(), error.raw_os_error().map_or(Errno::EINVAL, Errno::from_raw))
        };
        let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
        // From here on it is ours to remove, also if it cannot be written.
        let made = Self(path.to_owned());
        file.write_all(format!("{}\n", std::process::id()).as_bytes()).map_err(failed)?;
        Ok(made)
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        // Somebody may have removed it before, and a program that ends has nobody to complain to.
        let _ = fs::remove_file(&self.0);
    }
}
