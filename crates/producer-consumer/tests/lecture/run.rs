//! Runs an example or the lecture's program in a process group and a temporary folder of its own, under a watchdog,
//! and looks for what it has left behind.

use assert_cmd::assert::{Assert, OutputAssertExt};
use nix::errno::Errno;
use nix::mqueue::{MQ_OFlag, mq_open};
use nix::sys::signal::{Signal, killpg};
use nix::sys::stat::Mode;
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
        "the example {name} is not built, or is older than its source: run `cargo test -p producer-consumer`, \
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
pub(crate) fn player(words: &[&str]) -> Assert {
    run(Command::new(env!("CARGO_BIN_EXE_producer-consumer")).args(words))
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

/// Runs a command to its end. It must leave nothing behind: no process, no file in its folder for temporary files,
/// no queue.
pub(crate) fn run(command: &mut Command) -> Assert {
    let folder = NewFolder::new();
    let command = command.env("LC_ALL", "C").env("TMPDIR", &folder.0).process_group(0);
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
    assert_eq!(folder.names(), [""; 0], "{command:?} left a name behind");
    assert_eq!(queues_of(group), [""; 0], "{command:?} left a queue behind");
    output.assert()
}

/// The queues that the program made and did not remove: POSIX ones by their names, which have its process id in them,
/// and System V ones by who used them last.
fn queues_of(program: Pid) -> Vec<String> {
    // Asked one by one: there is no call to list them, and their file system is seldom mounted.
    let names = (0..4).map(|number| format!("/producer-consumer-{program}-{number}"));
    let posix = names.filter(|name| mq_open(name.as_str(), MQ_OFlag::O_RDONLY, Mode::empty(), None).is_ok());
    // key msqid perms cbytes qnum lspid lrpid ...: who sent or received last
    let system_v = std::fs::read_to_string("/proc/sysvipc/msg").unwrap_or_default();
    let used_last =
        |line: &&str| line.split_whitespace().skip(5).take(2).any(|pid| pid == program.to_string());
    let system_v: Vec<String> = system_v.lines().filter(used_last).map(str::to_owned).collect();
    posix.chain(system_v).collect()
}

/// A folder that is removed with the value.
struct NewFolder(PathBuf);

impl NewFolder {
    fn new() -> Self {
        let template = std::env::temp_dir().join("lecture-XXXXXX");
        Self(nix::unistd::mkdtemp(&template).expect("a folder can be made"))
    }

    fn names(&self) -> Vec<String> {
        let entries = self.0.read_dir().expect("the folder can be listed");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// The names of all examples.
pub(crate) fn examples() -> Vec<String> {
    let entries = folder().join("examples").read_dir().expect("the examples can be listed");
    let paths = entries.map(|entry| entry.expect("an entry can be read").path());
    paths.map(|path| path.file_stem().expect("a file has a name").to_string_lossy().into_owned()).collect()
}
