//! `within`: a command and all it has started get a limit of time.
//!
//! All that within waits for is a signal: the command's end (CHLD), the clock (a timer that sends RTMIN), and what people send.
//! They are blocked before the command is started, so none is lost and none ends within by surprise.

use nix::errno::Errno;
use nix::sys::prctl::set_child_subreaper;
use nix::sys::signal::{Signal, raise};
use nix::unistd::Pid;

use crate::child::{self, Streams, ask_to_end, signal_group};
use crate::failure::{Failure, say};
use crate::names::Sig;
use crate::options::Within;
use crate::signals::{Origin, Set, die_of, is_ignored, set_default};
use crate::timer::Timer;
use crate::wait::{self, End};

const CHLD: Sig = Sig(libc::SIGCHLD);
const CONT: Sig = Sig(libc::SIGCONT);
const TSTP: Sig = Sig(libc::SIGTSTP);
const FATAL: [Sig; 4] = [Sig(libc::SIGHUP), Sig(libc::SIGINT), Sig(libc::SIGQUIT), Sig(libc::SIGTERM)];

/// The value of the timer of the limit.
const LIMIT: i32 = 0;
/// The value of the timer between asking and killing.
const GRACE: i32 = 1;

/// The status when the limit has passed.
const TIMED_OUT: u8 = 124;

/// Runs it, and gives its exit status.
///
/// # Errors
/// What the contract has a message for.
pub fn run(options: &Within) -> Result<u8, Failure> {
    let mut watch = Watch::prepare(options)?;
    let child = child::start("within", &options.command, Streams::Same).map_err(failed("fork"))?;
    watch.group = child.pid;
    let end = watch.limit.start(options.limit).map_err(failed("timer")).and_then(|()| watch.until_ended());
    watch.leave_nobody()?;
    let status = if watch.has_timed_out { TIMED_OUT } else { end?.status() };
    if let Some(signal) = watch.fatal {
        match die_of(signal).map_err(failed("raise"))? {}
    }
    // One that came too late to be noted acts here; after this, within is a program like any other.
    Set::of(&watch.fatal_set).unblock().map_err(failed("sigprocmask"))?;
    Ok(status)
}

fn failed(what: &'static str) -> impl Fn(Errno) -> Failure {
    move |errno| Failure::system(what, errno)
}

/// Those that are not ignored. What was ignored when within was started stays ignored, here as in the command.
fn heard(signals: &[Sig]) -> nix::Result<Vec<Sig>> {
    let mut heard = Vec::new();
    for signal in signals {
        if !is_ignored(*signal)? {
            heard.push(*signal);
        }
    }
    Ok(heard)
}

/// The command, and what has happened to it.
struct Watch<'a> {
    options: &'a Within,
    signals: Set,
    fatal_set: Vec<Sig>,
    limit: Timer,
    grace: Timer,
    group: Pid,
    /// The first signal that shall end within.
    fatal: Option<Sig>,
    has_timed_out: bool,
    is_asked: bool,
}

impl<'a> Watch<'a> {
    /// Everything that can fail or be too late once the command runs.
    fn prepare(options: &'a Within) -> Result<Self, Failure> {
        let tick = Sig(libc::SIGRTMIN());
        let fatal_set = heard(&FATAL).map_err(failed("sigaction"))?;
        let stopping = heard(&[TSTP]).map_err(failed("sigaction"))?;
        let signals = Set::of(&[&fatal_set[..], &stopping, &[CHLD, CONT, tick]].concat());
        signals.block().map_err(failed("sigprocmask"))?;
        // If it were ignored, nobody could be waited for.
        set_default(CHLD).map_err(failed("sigaction"))?;
        // Orphans of the group become our children. So we can wait until the last one is gone.
        set_child_subreaper(true).map_err(failed("prctl"))?;
        Ok(Self {
            options,
            signals,
            fatal_set,
            limit: Timer::new(tick, LIMIT).map_err(failed("timer"))?,
            grace: Timer::new(tick, GRACE).map_err(failed("timer"))?,
            group: Pid::from_raw(0),
            fatal: None,
            has_timed_out: false,
            is_asked: false,
        })
    }

    /// Takes one signal after the other until the command has ended.
    fn until_ended(&mut self) -> Result<End, Failure> {
        loop {
            let arrival = self.signals.wait().map_err(failed("sigwaitinfo"))?;
            if self.fatal_set.contains(&arrival.signal) {
                self.fatal.get_or_insert(arrival.signal);
            }
            // First of all: the limit holds for a command that has not ended.
            if let Some(end) = self.end()? {
                return Ok(end);
            }
            match (arrival.signal, arrival.origin) {
                (CHLD, _) => {}
                (CONT, _) => self.send(Signal::SIGCONT),
                (TSTP, _) => self.stop()?,
                (_, Origin::Timer(LIMIT)) if !self.is_asked => {
                    self.has_timed_out = true;
                    self.ask()?;
                }
                (_, Origin::Timer(GRACE)) => self.send(Signal::SIGKILL),
                (signal, _) if self.fatal_set.contains(&signal) => self.ask()?,
                // A late tick of the limit, or somebody else's RTMIN.
                _ => {}
            }
        }
    }

    /// The command's end, if it has come. The command is not reaped yet, so its group's number stays its own. Orphans that have
    /// ended meanwhile are reaped: it is we who are their parent.
    fn end(&self) -> Result<Option<End>, Failure> {
        while let Some((pid, end)) = wait::look().map_err(failed("waitid"))? {
            if pid == self.group {
                return Ok(Some(end));
            }
            wait::reap(pid).map_err(failed("waitid"))?;
        }
        Ok(None)
    }

    fn ask(&mut self) -> Result<(), Failure> {
        if self.is_asked {
            return Ok(());
        }
        self.is_asked = true;
        complain(ask_to_end(self.group));
        self.grace.start(self.options.grace).map_err(failed("timer"))
    }

    /// Stops the group, then this process, until SIGCONT comes, which is in our set and will be passed on.
    fn stop(&self) -> Result<(), Failure> {
        self.send(Signal::SIGSTOP);
        // SIGSTOP to ourselves would wipe out a SIGCONT that has come since the SIGTSTP: whoever sent it wants us to run.
        if Set::of(&[CONT]).poll().map_err(failed("sigtimedwait"))?.is_some() {
            self.send(Signal::SIGCONT);
            return Ok(());
        }
        raise(Signal::SIGSTOP).map_err(failed("raise"))
    }

    fn send(&self, signal: Signal) {
        complain(signal_group(self.group, signal));
    }

    /// Kills what is left of the group, and waits until it is gone.
    fn leave_nobody(&self) -> Result<(), Failure> {
        self.send(Signal::SIGKILL);
        wait::reap_group(self.group).map_err(failed("waitid"))
    }
}

/// A command that has changed its user cannot be signalled. That is no reason not to wait for it.
fn complain(sent: nix::Result<()>) {
    if let Err(errno) = sent {
        say(&format!("within: {}", Failure::system("kill", errno).text));
    }
}
