//! Runs an example or the lecture's program in a process group of its own, under a watchdog.

use assert_cmd::assert::{Assert, OutputAssertExt};
use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Far more than any example needs: it only turns a hang into a failure, also on a very busy machine.
const WATCHDOG: Duration = Duration::from_secs(120);

/// Runs the example of that name, which cargo has built beside this test.
pub(crate) fn example(name: &str) -> Assert {
    let program = target_folder().join("examples").join(name);
    assert!(
        is_current(&program, name),
        "the example {name} is not built, or is older than its source: run `cargo test -p work-queue`, \
         which builds the examples; with `--test lecture` cargo does not"
    );
    run(&mut Command::new(program))
}

/// Whether the example is newer than its own source and the library's: else the test would judge old code.
/// (`main.rs` is no part of the library, so cargo does not build the examples again when it changes.)
fn is_current(program: &Path, name: &str) -> bool {
    let changed = |path: &Path| path.metadata().and_then(|metadata| metadata.modified());
    let Ok(built) = changed(program) else { return false };
    let library = folder().join("src").read_dir().expect("the sources can be listed");
    let sources = library.map(|entry| entry.expect("an entry can be read").path());
    sources
        .filter(|source| !source.ends_with("main.rs"))
        .chain([folder().join("examples").join(name).with_extension("rs")])
        .all(|source| changed(&source).is_ok_and(|changed| changed <= built))
}

/// Runs the lecture's program.
pub(crate) fn work_queue(words: &[&str]) -> Assert {
    run(Command::new(env!("CARGO_BIN_EXE_work-queue")).args(words))
}

/// The lecture's folder.
pub(crate) fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// `target/debug`, or whatever this test was built into: the test itself lies in `deps` below it.
fn target_folder() -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    test.ancestors().nth(2).expect("the test lies two folders deep").to_owned()
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Assert {
    let command = command.env("LC_ALL", "C").process_group(0);
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
    output.assert()
}
