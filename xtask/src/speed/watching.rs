//! A `watch` in plain mode, looked at from outside: when it tells what.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sandbox::protocol::Verdict;

use crate::interrupt;

/// How often to look for Ctrl-C.
const TICK: Duration = Duration::from_millis(200);
/// What stands in the last line of each round.
const REST: &str = "waiting for a save";

/// What was told after a save.
pub(super) struct ToldAfter {
    /// Seconds until the first verdict.
    pub(super) first: f64,
    /// Seconds until the end of the round.
    pub(super) last: f64,
    /// How many checks passed.
    pub(super) passed: usize,
}

/// A running `watch`, ended when it is dropped.
pub(super) struct Watching {
    child: Child,
    lines: Receiver<(Instant, String)>,
}

impl Watching {
    /// Starts it, and waits until it has built and checked.
    pub(super) fn start(mut command: Command) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().context("start watch")?;
        let out = BufReader::new(child.stdout.take().context("read what watch says")?);
        let (send, lines) = mpsc::channel();
        thread::spawn(move || {
            // The time is taken here: whoever receives may be late.
            let stamped = out.lines().map_while(Result::ok).map(|line| (Instant::now(), line));
            stamped.map(|line| send.send(line)).take_while(Result::is_ok).for_each(drop);
        });
        let mut watching = Self { child, lines };
        watching.round(|_, _| {})?;
        Ok(watching)
    }

    /// What it tells after `save`, counted from the moment in which the save has ended.
    pub(super) fn verdicts(&mut self, save: impl FnOnce() -> Result<()>) -> Result<ToldAfter> {
        save()?;
        let start = Instant::now();
        let (mut first, mut passed) = (None, 0);
        let last = self.round(|at, line| {
            if is_pass(line) {
                first.get_or_insert(at);
                passed += 1;
            }
        })?;
        let since = |at: Instant| at.saturating_duration_since(start).as_secs_f64();
        let first = first.context("watch passed no check after a save")?;
        Ok(ToldAfter { first: since(first), last: since(last), passed })
    }

    /// Hears all lines of a round; when the last one came.
    fn round(&mut self, mut hear: impl FnMut(Instant, &str)) -> Result<Instant> {
        loop {
            match self.lines.recv_timeout(TICK) {
                Ok((at, line)) if line.ends_with(REST) => return Ok(at),
                Ok((at, line)) => hear(at, &line),
                Err(RecvTimeoutError::Timeout) if interrupt::is_set() => bail!("interrupted"),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => bail!("watch has ended, and nobody asked it to"),
            }
        }
    }
}

/// A line of a check that passed. Any other verdict is no measurement, so the first of these is the first verdict.
fn is_pass(line: &str) -> bool {
    line.strip_prefix("  ").and_then(|rest| rest.split(' ').next()) == Some(Verdict::Pass.word())
}

impl Drop for Watching {
    fn drop(&mut self) {
        // It removes its folders when it is asked to end; a failure means that it has ended.
        let _ = kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGTERM);
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(script: &str) -> Watching {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Watching::start(command).unwrap()
    }

    const FIRST: &str = "echo watching; echo '  pass           2/2  old'; echo waiting for a save; ";

    #[test]
    fn the_verdicts_of_the_round_after_the_save_are_counted() {
        // The pipe of this shell is its clock: the save is what lets it go on.
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("saved");
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let script = format!(
            "{FIRST} read x < {}; echo '  pass  1/1  a'; echo '  fail  0/1  b'; echo '  pass  1/1  c'; echo waiting for a save; exec sleep 600",
            path.display()
        );
        let told = watch(&script).verdicts(|| Ok(std::fs::write(&path, "x\n")?)).unwrap();
        assert_eq!(told.passed, 2);
        assert!(told.first >= 0.0 && told.first <= told.last);
    }

    #[test]
    fn a_program_that_does_not_compile_is_an_error_and_so_is_a_watch_that_ends() {
        let refused = format!("{FIRST} echo 'does not compile; waiting for a save'; exec sleep 600");
        let why = watch(&refused).verdicts(|| Ok(())).err().unwrap();
        assert_eq!(why.to_string(), "watch passed no check after a save");
        let why = watch(FIRST).verdicts(|| Ok(())).err().unwrap();
        assert_eq!(why.to_string(), "watch has ended, and nobody asked it to");
    }
}
