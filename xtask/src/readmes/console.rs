//! Runs a command of a `console` block, and gives what a terminal would show: never later than its patience allows.

use std::io::{self, PipeReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// So long whoever is asked to end has for that.
const GRACE: Duration = Duration::from_secs(1);

/// What the command, and whoever it leaves behind, prints on both its outputs, run by sh(1) in `dir` with programs from
/// `bin` first. Where that has no end within `patience`, its process group is ended; one that has left the group and
/// still holds the output is not waited for.
pub(super) fn shown(command: &str, bin: &Path, dir: &Path, patience: Duration) -> anyhow::Result<String> {
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display());
    let (reader, writer) = io::pipe().context("make a pipe for an example")?;
    // Under nohup(1) this process ignores SIGHUP, and so would whatever an example starts.
    let mut shell = Command::new("env");
    shell
        .args(["--default-signal", "sh", "-c", command])
        .current_dir(dir)
        .env_clear()
        .process_group(0)
        .stdin(Stdio::null());
    shell.envs([("PATH", path.as_str()), ("LC_ALL", "C"), ("HOME", "/")]);
    shell.stdout(writer.try_clone().context("copy the pipe of an example")?).stderr(writer);
    let mut child = shell.spawn().context("start env(1) with sh(1)")?;
    // Our own copies of the write end must go, or the output has no end.
    drop(shell);
    let group = Pid::from_raw(child.id().try_into().context("read the shell's id")?);

    let pieces = pieces_of(reader)?;
    let mut output = Vec::new();
    let mut has_ended = until_end(&pieces, patience, &mut output);
    let is_over_time = !has_ended;
    // The shell is not reaped before: its number, and so the group's, is nobody else's.
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        if !has_ended {
            end(group, signal)?;
            has_ended = until_end(&pieces, GRACE, &mut output);
        }
    }
    if is_over_time {
        // With its output closed it may still run.
        end(group, Signal::SIGKILL)?;
    }
    child.wait().context("wait for sh(1)")?;
    let mut text = String::from_utf8_lossy(&output).into_owned();
    if is_over_time {
        text.push_str("(still running, ended)\n");
    }
    Ok(text)
}

/// What arrives at the pipe, as it comes. The thread ends with the last writer, or when nobody wants more.
fn pieces_of(mut from: PipeReader) -> anyhow::Result<Receiver<Vec<u8>>> {
    let (tell, told) = sync_channel(16);
    let read = move || {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(n @ 1..) = from.read(&mut buffer) {
            if tell.send(buffer[..n].to_vec()).is_err() {
                break;
            }
        }
    };
    thread::Builder::new().name("console".into()).spawn(read).context("start a reading thread")?;
    Ok(told)
}

/// Adds what comes to `output`: whether the end has come within `longest`.
fn until_end(pieces: &Receiver<Vec<u8>>, longest: Duration, output: &mut Vec<u8>) -> bool {
    let end = Instant::now() + longest;
    loop {
        match pieces.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(piece) => output.extend(piece),
            Err(RecvTimeoutError::Disconnected) => return true,
            Err(RecvTimeoutError::Timeout) => return false,
        }
    }
}

fn end(group: Pid, signal: Signal) -> anyhow::Result<()> {
    match killpg(group, signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(error).context("end an example"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(600);
    const SHORT: Duration = Duration::from_millis(300);

    fn run(command: &str, patience: Duration) -> (String, tempfile::TempDir) {
        let dir = tempfile::tempdir().expect("a folder can be made");
        let text = shown(command, Path::new("/no/such"), dir.path(), patience).expect("it can be run");
        (text, dir)
    }

    #[test]
    fn both_outputs_are_shown_in_their_order_also_of_who_is_in_the_background() {
        let (text, _dir) = run("echo one; echo two >&2; { read x; echo three; } </dev/null & exit 3", LONG);
        assert_eq!(text, "one\ntwo\nthree\n");
    }

    #[test]
    fn whoever_holds_the_output_is_ended_when_patience_is_over() {
        let (text, _dir) = run("trap '' TERM; sleep 600 & echo started", SHORT);
        assert_eq!(text, "started\n(still running, ended)\n");
        let (text, _dir) =
            run("echo started; trap 'echo asked; exit' TERM; while :; do sleep 600 & wait; done", SHORT);
        assert_eq!(text, "started\nasked\n(still running, ended)\n");
    }

    #[test]
    fn whoever_has_left_the_group_is_not_waited_for() {
        let (text, dir) =
            run("mkfifo go; setsid sh -c 'echo $$ >pid; echo >go; exec sleep 600' & read x <go", SHORT);
        let pid = std::fs::read_to_string(dir.path().join("pid")).expect("it has told its pid");
        let pid = Pid::from_raw(pid.trim().parse().expect("a number"));
        nix::sys::signal::kill(pid, Signal::SIGKILL).expect("it is still there");
        assert_eq!(text, "(still running, ended)\n");
    }

    #[test]
    fn much_output_is_no_hang() {
        let (text, _dir) = run("seq 100000", LONG);
        assert_eq!(text.lines().count(), 100_000);
    }
}
