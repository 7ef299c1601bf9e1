//! A program that has been started.

use std::io::Write;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use nix::errno::Errno;
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use sandbox::protocol::Verdict;

use crate::capture::Capture;
use crate::ended::{Ending, last_words};
use crate::expect::Expect;
use crate::failure::{fail, or_grader_error};
use crate::finished::{Finished, Outcome};
use crate::line::Line;
use crate::process::Proc;
use crate::room::note_halted;
use crate::shared::Shared;
use crate::stdin::{Slot, StdinWriter};
use crate::text::shown;
use crate::trace::Report;

/// A running program. Call [`wait`](Self::wait) in the end: a program that the check drops while it runs is
/// killed, and then the laws about what is left are not asserted.
pub struct Running {
    pub(crate) pid: i32,
    pub(crate) name: String,
    pub(crate) command: Arc<Line>,
    pub(crate) terminal: bool,
    pub(crate) stdin: Slot,
    pub(crate) stdout: Capture,
    pub(crate) stderr: Capture,
    pub(crate) ending: Ending,
    pub(crate) tracing: Option<Arc<Mutex<Report>>>,
    pub(crate) waited: bool,
    pub(crate) shared: Arc<Shared>,
}

impl Running {
    /// Its process id, also its session and its first process group.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Whether it has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ending.has_come()
    }

    /// Whether the fault that it runs with has happened so far. Only of a traced program.
    #[must_use]
    #[track_caller]
    pub fn fault_delivered(&self) -> bool {
        match &self.tracing {
            Some(report) => report.lock().unwrap_or_else(PoisonError::into_inner).delivered,
            None => {
                self.fail(Verdict::GraderError, "the check asks for a fault of a program it did not trace")
            }
        }
    }

    /// Its standard input, if opened by [`stdin_open`](crate::Cmd::stdin_open) or
    /// [`terminal`](crate::Cmd::terminal).
    pub fn stdin(&self) -> StdinWriter<'_> {
        StdinWriter { shared: &self.shared, slot: &self.stdin }
    }

    /// Writes `text` to its standard input; a program that has closed it fails the check.
    #[track_caller]
    pub fn send(&self, text: impl AsRef<[u8]>) -> &Self {
        self.command.note_sent(text.as_ref());
        if let Err(error) = self.stdin().write_all(text.as_ref()) {
            // It may be about to say why.
            let ended = self.shared.try_wait(|| self.is_complete());
            self.crash_if_panicked();
            let what = if ended.is_ok() { "it has ended" } else { "it has closed its stdin" };
            let end = self.told_end();
            let text = format!("expected: {} reads its stdin\nreceived: {what} ({error}){end}", self.name);
            self.fail(Verdict::Fail, &text);
        }
        self
    }

    /// Ends its standard input; on a terminal, types control-D.
    #[track_caller]
    pub fn close_stdin(&self) {
        if self.terminal {
            self.send([4]);
        } else {
            let end = self.stdin.lock().unwrap_or_else(PoisonError::into_inner).take();
            sandbox::while_nobody_forks(|| drop(end));
        }
    }

    /// What it has printed so far.
    #[must_use]
    pub fn stdout_now(&self) -> Vec<u8> {
        self.stdout.get().bytes.clone()
    }

    /// What it has printed on standard error so far.
    #[must_use]
    pub fn stderr_now(&self) -> Vec<u8> {
        self.stderr.get().bytes.clone()
    }

    /// Waits until it has printed a line that is exactly `line`.
    #[track_caller]
    pub fn wait_line(&self, line: &str) -> &Self {
        let whole = |text: &[u8]| {
            text.split_inclusive(|&b| b == b'\n').any(|l| l.strip_suffix(b"\n") == Some(line.as_bytes()))
        };
        let received = |text: &[u8]| format!("received: {}", shown(text, 300));
        let what = format!("the line `{line}` on stdout");
        let early = format!("ended too early\nexpected: {what}");
        self.wait_stream(&self.stdout, (&what, &early), whole, received);
        self
    }

    /// Waits until its standard output as a whole is as expected.
    #[track_caller]
    pub fn wait_stdout<Way>(&self, expected: impl Expect<Way>) -> &Self {
        self.wait_output(&self.stdout, "stdout", &expected);
        self
    }

    /// Waits until its standard error as a whole is as expected.
    #[track_caller]
    pub fn wait_stderr<Way>(&self, expected: impl Expect<Way>) -> &Self {
        self.wait_output(&self.stderr, "stderr", &expected);
        self
    }

    #[track_caller]
    fn wait_output<Way>(&self, stream: &Capture, name: &str, expected: &impl Expect<Way>) {
        let fits = |text: &[u8]| expected.mismatch(text).is_none();
        let difference = |text: &[u8]| expected.mismatch(text).unwrap_or_default();
        let (what, early) =
            (format!("{name} to be as expected"), format!("ended, and its {name} is not as expected"));
        self.wait_stream(stream, (&what, &early), fits, difference);
    }

    /// `what` is waited for; where the program has ended, `early` says so. `tell` says what came instead.
    #[track_caller]
    fn wait_stream(
        &self,
        stream: &Capture,
        (what, early): (&str, &str),
        fits: impl Fn(&[u8]) -> bool,
        tell: impl Fn(&[u8]) -> String,
    ) {
        let seen = || fits(&stream.get().bytes);
        let waited = self.shared.try_wait(|| seen() || self.is_complete());
        if seen() {
            return;
        }
        let received = tell(&stream.get().bytes);
        match waited {
            Ok(()) => {
                self.crash_if_panicked();
                self.fail(Verdict::Fail, &format!("{} {early}\n{received}{}", self.name, self.told_end()))
            }
            Err(stuck) => {
                self.crash_if_panicked();
                self.shared.hang(&format!("{what}\n{received}"), stuck)
            }
        }
    }

    /// Sends it a signal.
    #[track_caller]
    pub fn kill(&self, signal: Signal) -> &Self {
        match signal::kill(Pid::from_raw(self.pid), signal) {
            // ESRCH: it has ended, which the check will see.
            Ok(()) | Err(Errno::ESRCH) => self,
            Err(error) => fail(Verdict::GraderError, format!("cannot signal {}: {error}", self.name)),
        }
    }

    /// Stops it (not its children) and waits until it stands.
    #[track_caller]
    pub fn stop(&self) -> &Self {
        self.kill(Signal::SIGSTOP);
        note_halted(self.pid, true);
        let stands = || Proc::read(self.pid).is_none_or(|process| matches!(process.state, 'T' | 'Z'));
        self.shared.wait_for(&format!("{} to stop", self.name), stands);
        self
    }

    /// Lets it go on.
    #[track_caller]
    pub fn cont(&self) -> &Self {
        note_halted(self.pid, false);
        self.kill(Signal::SIGCONT)
    }

    /// Waits until it has ended and its output is complete. (What is left of its processes is a matter of
    /// the laws: output that an orphan might still write is not waited for.)
    #[track_caller]
    pub fn wait(mut self) -> Finished {
        self.waited = true;
        self.shared.try_wait(|| self.flooded() || self.ending.has_come()).unwrap_or_else(|stuck| {
            self.crash_if_panicked();
            self.shared.hang(&format!("{} to end", self.name), stuck)
        });
        self.drain();
        if self.flooded() {
            let text = "output flood\nexpected: less than 64 MiB of output\nreceived: more, and no end of it";
            self.fail(Verdict::Fail, text);
        }
        let Some(status) = self.ending.take() else {
            self.fail(Verdict::GraderError, "its exit status is lost");
        };
        let status = or_grader_error(status.map_err(Into::into));
        let outcome = Outcome {
            command: self.command.to_string(),
            name: self.name.clone(),
            status,
            stdout: std::mem::take(&mut self.stdout.get().bytes),
            stderr: std::mem::take(&mut self.stderr.get().bytes),
            trace: self
                .tracing
                .as_ref()
                .map(|report| report.lock().unwrap_or_else(PoisonError::into_inner).clone()),
        };
        Finished::new(outcome)
    }

    /// Until both streams have ended, or those who hold them do nothing.
    #[track_caller]
    fn drain(&self) {
        let mut rests = self.rests();
        // On a busy machine the programs may rest while the threads that read for them have not had a turn.
        let up_to_date = || self.stdout.is_up_to_date() && self.stderr.is_up_to_date();
        let mut all_read = || self.streams_ended() || rests() && up_to_date();
        self.shared.wait_for_rest("its output to be read", || self.flooded() || all_read());
    }

    fn streams_ended(&self) -> bool {
        self.stdout.get().ended && self.stderr.get().ended
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.ending.has_come() && self.streams_ended()
    }

    fn flooded(&self) -> bool {
        self.stdout.get().flooded || self.stderr.get().flooded
    }

    /// A panic says more about a hang than the hang itself.
    #[track_caller]
    pub(crate) fn crash_if_panicked(&self) {
        // On a terminal, both streams arrive as one.
        let stream = if self.terminal { &self.stdout } else { &self.stderr };
        let said = stream.get().bytes.clone();
        if let Some(text) = crate::finished::panic_text(&self.name, &said) {
            self.fail(Verdict::Crash, &text);
        }
    }

    /// How it has ended, and its last words, as further lines of a failure; nothing while it runs.
    fn told_end(&self) -> String {
        let end = self.ending.line();
        if end.is_empty() { end } else { end + &last_words(&self.stderr.get().bytes) }
    }

    #[track_caller]
    pub(crate) fn fail(&self, verdict: Verdict, text: &str) -> ! {
        fail(verdict, format!("command: {}\n{text}", self.command))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.waited && !self.has_ended() {
            self.shared.abandoned.store(true, Ordering::Relaxed);
        }
    }
}
