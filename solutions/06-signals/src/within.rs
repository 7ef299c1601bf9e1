//! `within`: a command and all it has started get a limit of time.

use std::convert::Infallible;
use std::time::Instant;

use nix::errno::Errno;
use nix::sys::signal::{Signal, raise};
use nix::unistd::Pid;

use crate::child::{self, End, Streams, ask_to_end, signal_group};
use crate::failure::Failure;
use crate::names::Sig;
use crate::options::Within;
use crate::signals::{Signals, Woken, die_of, is_ignored};

/// Runs it, and gives its exit status.
///
/// # Errors
/// What the contract has a message for.
pub fn run(options: &Within) -> Result<u8, Failure> {
    // BEGIN SOLUTION
    let signals = Signals::catch(&wanted()?).map_err(|(signal, errno)| Failure::system(signal, errno))?;
    let group = child::start("within", &options.command, Streams::Same, &signals);
    let group = group.map_err(|errno| Failure::system("fork", errno))?;
    let limit = Instant::now().checked_add(options.limit);
    let mut watch = Watch { options, group, next: limit, stage: Stage::Running, reason: None };
    watch.until_it_ends(&signals).map_err(|errno| Failure::system("wait", errno))
    // END SOLUTION
    // STUB: todo!("M7: start CMD, and wait for its end, its limit, or a signal, whichever is first")
}
// BEGIN SOLUTION

/// The signals that within deals with. What somebody wants ignored, stays ignored, here and in CMD.
fn wanted() -> Result<Vec<Sig>, Failure> {
    let mut wanted = vec![Sig(libc::SIGCHLD)];
    let asks = [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT];
    for signal in asks.into_iter().chain([libc::SIGTSTP, libc::SIGCONT]).map(Sig) {
        if !is_ignored(signal).map_err(|errno| Failure::system(signal, errno))? {
            wanted.push(signal);
        }
    }
    Ok(wanted)
}

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Running,
    /// The group has been asked to end.
    Asked,
    /// The group has been killed.
    Killed,
}

/// CMD, and what is to be done with it next.
struct Watch<'a> {
    options: &'a Within,
    /// CMD's id, and its group's.
    group: Pid,
    /// When the next stage begins.
    next: Option<Instant>,
    stage: Stage,
    /// The signal that has ended within, if it was one.
    reason: Option<Sig>,
}

impl Watch<'_> {
    fn until_it_ends(&mut self, signals: &Signals) -> nix::Result<u8> {
        loop {
            if let Some(code) = self.ended()? {
                return match self.reason {
                    Some(signal) => die_of(signal).map(|never: Infallible| match never {}),
                    None if self.stage == Stage::Running => Ok(code),
                    None => Ok(124),
                };
            }
            let longest = self.next.map(|next| next.saturating_duration_since(Instant::now()));
            match signals.wait(None, longest)? {
                Woken::Signal(arrival) => self.hears(arrival.signal)?,
                Woken::Timeout => self.time_has_passed()?,
                Woken::Ready => {}
            }
        }
    }

    /// CMD's status, when it has ended. What it has left in its group is killed before CMD is reaped: as long as there is a
    /// zombie, nobody else gets its number.
    fn ended(&self) -> nix::Result<Option<u8>> {
        if !child::has_ended(self.group)? {
            return Ok(None);
        }
        signal_group(self.group, Signal::SIGKILL)?;
        let (_, end) = child::reap(Some(self.group))?.ok_or(Errno::ECHILD)?;
        let code = match end {
            End::Code(code) => code,
            End::Signal(signal) => 128 + signal,
        };
        Ok(Some(u8::try_from(code).unwrap_or(u8::MAX)))
    }

    fn hears(&mut self, signal: Sig) -> nix::Result<()> {
        match signal.0 {
            libc::SIGCHLD => Ok(()),
            libc::SIGCONT => signal_group(self.group, Signal::SIGCONT),
            libc::SIGTSTP => {
                signal_group(self.group, Signal::SIGSTOP)?;
                // Not SIGTSTP: its default does nothing in an orphaned group.
                raise(Signal::SIGSTOP)
            }
            _ if self.stage == Stage::Running => {
                self.reason = Some(signal);
                self.ask()
            }
            _ => Ok(()),
        }
    }

    fn time_has_passed(&mut self) -> nix::Result<()> {
        match self.stage {
            Stage::Running => self.ask(),
            Stage::Asked => {
                (self.stage, self.next) = (Stage::Killed, None);
                signal_group(self.group, Signal::SIGKILL)
            }
            Stage::Killed => Ok(()),
        }
    }

    fn ask(&mut self) -> nix::Result<()> {
        (self.stage, self.next) = (Stage::Asked, Instant::now().checked_add(self.options.grace));
        ask_to_end(self.group)
    }
}
// END SOLUTION
