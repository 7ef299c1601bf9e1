//! A program that has ended, and what may be asserted about it.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Output};

use nix::sys::signal::Signal;
use sandbox::protocol::Verdict;

use crate::ended::{how, last_words};
use crate::expect::Expect;
use crate::failure::fail;
use crate::text::{clip, shown, visible};
use crate::trace::Report;

/// What is known of a program that has ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) command: String,
    pub(crate) name: String,
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) trace: Option<Report>,
}

/// A program that has ended. Each assertion returns the value again; the first that fails ends the check.
#[derive(Debug)]
pub struct Finished {
    command: String,
    name: String,
    output: Output,
    trace: Option<Report>,
}

impl Finished {
    /// A program that panicked fails here already: no check expects that.
    #[track_caller]
    pub(crate) fn new(outcome: Outcome) -> Self {
        let output = Output { status: outcome.status, stdout: outcome.stdout, stderr: outcome.stderr };
        let done = Self { command: outcome.command, name: outcome.name, output, trace: outcome.trace };
        // On a terminal, both streams arrive as one.
        let panicked = done.output.status.code() == Some(101);
        let on_terminal = || panicked.then(|| panic_text(&done.name, &done.output.stdout)).flatten();
        if let Some(text) = panic_text(&done.name, &done.output.stderr).or_else(on_terminal) {
            fail(Verdict::Crash, format!("command: {}\n{text}", done.command));
        }
        done
    }

    /// It ended by itself with this exit status.
    #[track_caller]
    pub fn code(&self, expected: i32) -> &Self {
        if self.output.status.code() != Some(expected) {
            self.wrong_end(&format!("exit status {expected}"));
        }
        self
    }

    /// It ended by itself with an exit status other than 0.
    #[track_caller]
    pub fn failure(&self) -> &Self {
        if self.output.status.code().is_none_or(|code| code == 0) {
            self.wrong_end("an exit status other than 0");
        }
        self
    }

    /// It was killed by this signal.
    #[track_caller]
    pub fn signal(&self, expected: Signal) -> &Self {
        if self.output.status.signal() != Some(expected as i32) {
            self.wrong_end(&format!("killed by {expected}"));
        }
        self
    }

    /// Its standard output: exact text or bytes, or a `predicates::Predicate<str>`.
    #[track_caller]
    pub fn stdout<Way>(&self, expected: impl Expect<Way>) -> &Self {
        if let Some(text) = expected.mismatch(&self.output.stdout) {
            self.fail(
                Verdict::Fail,
                &format!("stdout is not as expected\n{text}{}", last_words(&self.output.stderr)),
            );
        }
        self
    }

    /// Its standard error: exact text or bytes, or a `predicates::Predicate<str>`.
    #[track_caller]
    pub fn stderr<Way>(&self, expected: impl Expect<Way>) -> &Self {
        if let Some(text) = expected.mismatch(&self.output.stderr) {
            self.fail(Verdict::Fail, &format!("stderr is not as expected\n{text}"));
        }
        self
    }

    /// Any other condition; `what` says in the present tense what was expected.
    #[track_caller]
    pub fn check(&self, holds: bool, what: impl AsRef<str>) -> &Self {
        if !holds {
            let stdout = shown(&self.output.stdout, 300);
            let text = format!(
                "expected: {}\nreceived: stdout {stdout}{}",
                what.as_ref(),
                last_words(&self.output.stderr)
            );
            self.fail(Verdict::Fail, &text);
        }
        self
    }

    /// For assertions of `assert_cmd`.
    #[must_use]
    pub fn assert(&self) -> assert_cmd::assert::Assert {
        assert_cmd::assert::Assert::new(self.output.clone()).append_context("command", self.command.clone())
    }

    /// Status and output as they are.
    #[must_use]
    pub fn output(&self) -> &Output {
        &self.output
    }

    /// Standard output as text; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// Standard error as text; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// The command as a student may type it.
    #[must_use]
    pub fn command(&self) -> &str {
        &self.command
    }

    /// How many processes it and its descendants made, threads not counted. Only of a traced program.
    #[must_use]
    #[track_caller]
    pub fn forks(&self) -> u64 {
        self.report().forks
    }

    /// System calls of it and its descendants after their exec, by name. Only of a traced program.
    #[must_use]
    #[track_caller]
    pub fn calls(&self) -> &BTreeMap<String, u64> {
        &self.report().calls
    }

    /// How often it and its descendants called `name`. Only of a traced program.
    #[must_use]
    #[track_caller]
    pub fn calls_of(&self, name: &str) -> u64 {
        self.report().calls.get(name).copied().unwrap_or(0)
    }

    /// System calls of the program itself after its exec, all its threads, its descendants not counted, by name. Only of
    /// a traced program.
    #[must_use]
    #[track_caller]
    pub fn own_calls(&self) -> &BTreeMap<String, u64> {
        &self.report().own_calls
    }

    /// System calls that it and its descendants made inside signal handlers, by name, rt_sigreturn(2) not counted; a
    /// futex(2) call that may wait is `futex (wait)`. Only of a traced program.
    #[must_use]
    #[track_caller]
    pub fn calls_in_handlers(&self) -> &BTreeMap<String, u64> {
        &self.report().in_handlers
    }

    /// Whether the fault happened. A sweep over k = 1, 2, ... ends when it does not.
    #[must_use]
    #[track_caller]
    pub fn fault_delivered(&self) -> bool {
        self.report().delivered
    }

    #[track_caller]
    fn report(&self) -> &Report {
        match &self.trace {
            Some(report) => report,
            None => {
                self.fail(Verdict::GraderError, "the check asks for a trace of a program it did not trace")
            }
        }
    }

    /// Another end than expected: a fatal signal is a crash.
    #[track_caller]
    fn wrong_end(&self, expected: &str) -> ! {
        let status = self.output.status;
        let verdict = if status.signal().is_some() { Verdict::Crash } else { Verdict::Fail };
        let received = how(status);
        let text =
            format!("{} did not end as expected\nexpected: {expected}\nreceived: {received}", self.name);
        let stdout = match self.output.stdout.as_slice() {
            [] => String::new(),
            bytes => format!("\nstdout: {}", clip(&visible(bytes), 200)),
        };
        self.fail(verdict, &format!("{text}{stdout}{}", last_words(&self.output.stderr)))
    }

    #[track_caller]
    fn fail(&self, verdict: Verdict, text: &str) -> ! {
        fail(verdict, format!("command: {}\n{text}", self.command))
    }
}

/// The message of a Rust panic in `stderr`, its place after it: "psh panicked: not yet implemented: M1: ...".
pub(crate) fn panic_text(name: &str, stderr: &[u8]) -> Option<String> {
    let stderr = String::from_utf8_lossy(stderr);
    let mut lines = stderr.lines();
    let place = lines.by_ref().find_map(|line| {
        let (_, place) = line.strip_prefix("thread '")?.split_once("panicked at ")?;
        Some(place.trim_end_matches(':').to_owned())
    })?;
    let message: Vec<&str> = lines
        .take_while(|line| !line.starts_with("note: ") && !line.starts_with("stack backtrace:"))
        .take(4)
        .collect();
    Some(format!("{name} panicked: {}\n  at {place}", message.join("\n  ")))
}
