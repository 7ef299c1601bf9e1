//! What flushd knows, and what it does at one go: everything here runs under the lock, and waits for standard output only.

use std::os::fd::BorrowedFd;
use std::path::PathBuf;

use ipc_kit::retry;
use nix::sys::signal::Signal;
use nix::sys::signalfd::SignalFd;

use crate::config::{self, Config};
use crate::failure::{Failure, print, say};
use crate::input::{Input, Next};
use crate::record::Request;

/// What the serving thread shall do.
pub(super) enum Step {
    /// This request, with the configuration that holds at its beginning.
    Do(Request, Config),
    /// Wait until there is more input, or an order to stop.
    Wait,
    /// End, with this status.
    End(Result<u8, Failure>),
}

/// The state of flushd.
pub(super) struct Desk<'a> {
    input: Input<'a>,
    path: Option<PathBuf>,
    config: Config,
    done: u64,
    flushed: u64,
    reloads: u64,
    /// SIGTERM has come.
    is_told_to_end: bool,
    failure: Option<Failure>,
    is_closed: bool,
}

impl<'a> Desk<'a> {
    /// Nothing has been done yet.
    pub(super) fn new(input: BorrowedFd<'a>, path: Option<PathBuf>, config: Config) -> Self {
        Self {
            input: Input::new(input),
            path,
            config,
            done: 0,
            flushed: 0,
            reloads: 0,
            is_told_to_end: false,
            failure: None,
            is_closed: false,
        }
    }

    /// Obeys the signals that are pending, then says what comes next.
    pub(super) fn next(&mut self, signals: &SignalFd) -> Step {
        self.obey(signals);
        let step = self.step();
        // After the end, no order is obeyed any more: `bye` is the last line.
        self.is_closed = matches!(step, Step::End(_));
        step
    }

    fn step(&mut self) -> Step {
        if let Some(failure) = self.failure.take() {
            return Step::End(Err(failure));
        }
        if self.is_told_to_end {
            return Step::End(print("bye\n").map(|()| 0));
        }
        let after =
            |what, records| Failure { text: format!("{what} record after {records} records"), status: 4 };
        match self.input.take() {
            Ok(Next::Request(request)) => Step::Do(request, self.config.clone()),
            Ok(Next::Wait) => Step::Wait,
            Ok(Next::End) => Step::End(Ok(0)),
            Ok(Next::Truncated) => Step::End(Err(after("truncated", self.input.records))),
            Ok(Next::Malformed) => Step::End(Err(after("malformed", self.input.records))),
            Err(errno) => Step::End(Err(Failure::system("stdin", errno))),
        }
    }

    /// Takes the signals that are pending, and does what each orders.
    pub(super) fn obey(&mut self, signals: &SignalFd) {
        while !self.is_closed {
            let signal = match retry(|| signals.read_signal()) {
                Ok(Some(signal)) => Signal::try_from(signal.ssi_signo.cast_signed()),
                Ok(None) => return,
                Err(errno) => return self.fail(Failure::system("signalfd", errno)),
            };
            match signal {
                Ok(Signal::SIGUSR1) => self.flush(),
                Ok(Signal::SIGUSR2) => say(&format!(
                    "counters done={} flushed={} reloads={}",
                    self.done, self.flushed, self.reloads
                )),
                Ok(Signal::SIGHUP) => self.reload(),
                _ => self.is_told_to_end = true,
            }
        }
    }

    fn flush(&mut self) {
        match self.input.flush() {
            Ok(dropped) => {
                self.flushed += dropped;
                self.print(format!("flushed {dropped}\n").as_bytes());
            }
            Err(errno) => self.fail(Failure::system("stdin", errno)),
        }
    }

    fn reload(&mut self) {
        let read = self.path.as_deref().map_or_else(|| Ok(Config::default()), config::read);
        match read {
            Ok(config) => {
                self.config = config;
                self.reloads += 1;
                self.print(b"reloaded\n");
            }
            Err(failure) => say(&format!("flushd: {}", failure.text)),
        }
    }

    /// Writes a request's answer. Who sees it, and then asks for the counters, finds it counted: both are done here.
    pub(super) fn answered(&mut self, bytes: &[u8]) {
        self.print(bytes);
        self.done += 1;
    }

    /// Once standard output has failed, it gets no more.
    fn print(&mut self, bytes: &[u8]) {
        if self.failure.is_none()
            && let Err(failure) = print(bytes)
        {
            self.fail(failure);
        }
    }

    /// flushd cannot go on: it ends after the current request.
    pub(super) fn fail(&mut self, failure: Failure) {
        self.failure.get_or_insert(failure);
    }

    /// Whether no request shall begin any more.
    pub(super) fn is_stopping(&self) -> bool {
        self.is_told_to_end || self.failure.is_some()
    }

    /// Whether orders are of no use any more: flushd has come to its end, or cannot go on.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed || self.failure.is_some()
    }
}
