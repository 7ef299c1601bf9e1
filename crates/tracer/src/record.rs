//! Runs a program under ptrace(2) and records it and its descendants to their end.

#![allow(unsafe_code, reason = "a child must ask to be traced between its fork and its exec")]

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::errno::Errno;
use nix::sys::ptrace::{self, Options};

use crate::attach::{Refused, attach};
use crate::model::{End, Recording};
use crate::session::Session;
use crate::stops;

/// How often somebody looks whether anybody still moves. Nothing is decided by it but when we notice.
const LOOK: Duration = Duration::from_millis(50);

/// After so many looks without any stop, the audience is asked.
const ASK: u32 = 10;

/// After so many looks without any stop, the audience is told.
const IDLE: u32 = 60;

/// Whoever wants the recording.
pub trait Audience: Sync {
    /// Whether the recording shall end now: the program is killed, and what was recorded stays.
    fn wants_end(&self) -> bool;

    /// Whether nobody can move any more, though the recorder cannot prove it: somebody waits for what may
    /// come from outside. Asked when nothing has happened for some time.
    fn is_deadlock(&self, members: &Members) -> bool;

    /// The recording is about to end: nobody can move any more, or the audience wants the end. The members are still
    /// there, and are killed afterwards.
    fn at_rest(&self, members: &Members);

    /// Nothing has happened for some time, and it is no deadlock; told once in each such time.
    fn idle(&self);

    /// The program itself has ended, and these processes still run; told once.
    fn left_behind(&self, members: &Members);
}

/// Who is recorded and alive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Members {
    /// Processes.
    pub pids: Vec<i32>,
    /// Threads that a signal has stopped: they look like any that the tracer has in its hands.
    pub stopped: Vec<i32>,
}

/// Records the life of a program and of everybody it makes, at most `limit` events.
///
/// This thread becomes their tracer. When it returns, all of them are gone.
///
/// # Errors
/// [`Refused`] if the machine forbids ptrace; any other error if the program cannot be started.
pub fn record(command: &mut Command, limit: usize, audience: &impl Audience) -> Result<Recording> {
    let root = spawn(command)?;
    attach(root, Options::PTRACE_O_TRACEEXIT)?;
    let shared = Shared {
        session: Mutex::new(Session::new(root, limit)),
        over: Mutex::new(false),
        told: Condvar::new(),
    };
    stops::resume(root, 0);
    thread::scope(|scope| {
        scope.spawn(|| shared.watch(audience));
        // Ends with ECHILD when nobody is left.
        while let Ok(stop) = stops::next(true) {
            if let Some(stop) = stop {
                shared.session().handle(stop);
            }
        }
        shared.end();
    });
    Ok(shared.session.into_inner().unwrap_or_else(PoisonError::into_inner).finish())
}

fn spawn(command: &mut Command) -> Result<i32> {
    // SAFETY: the closure makes one system call and allocates nothing.
    unsafe { command.pre_exec(|| ptrace::traceme().map_err(io::Error::from)) };
    let program = command.get_program().to_string_lossy().into_owned();
    match command.spawn() {
        Ok(child) => i32::try_from(child.id()).context("read the pid"),
        // A file that may not be run is EACCES.
        Err(error) if error.raw_os_error() == Some(libc::EPERM) => Err(Refused(Errno::EPERM).into()),
        Err(error) => Err(error).with_context(|| format!("start {program}")),
    }
}

/// What the tracer and the watcher share.
struct Shared {
    session: Mutex<Session>,
    over: Mutex<bool>,
    told: Condvar,
}

impl Shared {
    fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self) {
        *self.over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.told.notify_all();
    }

    /// Waits for the end, at most until the next look; whether it has come.
    fn pause(&self) -> bool {
        let over = self.over.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.told.wait_timeout_while(over, LOOK, |over| !*over);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn watch(&self, audience: &impl Audience) {
        let (mut seen, mut last) = (0, None);
        let (mut quiet, mut left_for) = (0, 0);
        while !self.pause() {
            let mut session = self.session();
            if audience.wants_end() && !session.is_closed() {
                let members = session.members();
                drop(session);
                audience.at_rest(&members);
                session = self.session();
                session.close(End::Stopped);
            }
            let (stops, looks) = (session.stops(), session.at_rest());
            quiet = if stops == seen { quiet + 1 } else { 0 };
            let is_proved = looks.is_some() && quiet > 0 && looks == last;
            (seen, last) = (stops, looks);
            let is_asked = quiet > 0 && quiet % ASK == 0 && !session.is_closed();
            if is_proved || is_asked {
                let members = session.members();
                // What is asked may take a while, and others must be able to move.
                drop(session);
                let is_over = is_proved || audience.is_deadlock(&members);
                if is_over {
                    self.session().close(End::Stuck);
                    audience.at_rest(&members);
                }
                session = self.session();
            }
            if quiet == IDLE {
                audience.idle();
            }
            if session.is_closed() {
                session.members().pids.into_iter().for_each(stops::end);
            } else if session.root_has_ended() {
                // A child that is about to end needs no word.
                left_for += 1;
                if left_for == 20 {
                    audience.left_behind(&session.members());
                }
            }
        }
    }
}
