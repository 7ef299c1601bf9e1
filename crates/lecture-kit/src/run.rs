//! Runs a program to its end, and looks for what it has left behind.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use assert_cmd::assert::{Assert, OutputAssertExt};
use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// Far more than any demonstration needs: it only turns a hang into a failure, also on a very busy machine.
pub const WATCHDOG: Duration = Duration::from_secs(120);

/// Runs a command to its end, in a process group of its own, without input. It must leave no process and no file in
/// `TMPDIR` behind.
///
/// # Panics
/// If it cannot be started, or leaves something behind.
#[must_use]
pub fn run(command: &mut Command) -> Assert {
    run_then(command, |_| {})
}

/// The same; `look` may look for more that was left, knowing the number of the process.
///
/// # Panics
/// As [`run`].
#[must_use]
pub fn run_then(command: &mut Command, look: impl FnOnce(Pid)) -> Assert {
    let folder = tempfile::Builder::new().prefix("lecture-").tempdir().expect("a folder can be made");
    let command = command.env("LC_ALL", "C").env("TMPDIR", folder.path()).process_group(0);
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    let group = Pid::from_raw(child.id().try_into().expect("a pid is positive"));

    let (ended, end) = mpsc::channel::<()>();
    let watchdog = std::thread::spawn(move || {
        let hangs = end.recv_timeout(WATCHDOG) == Err(mpsc::RecvTimeoutError::Timeout);
        // The whole group: a grandchild that is left over would hold the output open for ever.
        if hangs { killpg(group, Signal::SIGKILL).err() } else { None }
    });
    let output = child.wait_with_output().expect("the output of a child can be read");
    drop(ended);
    watchdog.join().expect("the watchdog does not panic");

    assert_eq!(killpg(group, None), Err(Errno::ESRCH), "{command:?} left a process behind");
    let names = folder.path().read_dir().expect("the folder can be listed");
    let names: Vec<String> =
        names.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(names, [""; 0], "{command:?} left a name behind");
    look(group);
    output.assert()
}
