//! A running `filed` with a file, and the programs of others.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// The reference.
const FILED: &str = env!("CARGO_BIN_EXE_sol-filed");
const FILEC: &str = env!("CARGO_BIN_EXE_sol-filec");

/// A program that does not end is a failure, however slow the machine is.
const WATCHDOG: Duration = Duration::from_secs(120);

/// The path of a program, or `None` after saying that `test` is skipped.
pub(crate) fn installed(test: &str, program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file());
    if found.is_none() {
        println!("skipped: {test}: {program} is not in PATH");
    }
    found
}

/// A program that has said `ready`; killed when it is dropped.
pub(crate) struct Started {
    child: Child,
    line: String,
}

impl Started {
    /// `python -c TEXT ARGUMENT`.
    pub(crate) fn new(python: &Path, [text, argument]: [&str; 2]) -> Self {
        Self::when_ready(Command::new(python).args(["-c", text, argument]))
    }

    fn when_ready(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("start a server");
        let stdout = child.stdout.take().expect("its standard output");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("read the line of a server");
        Self { child, line }
    }

    /// Waits until it has ended by itself, with status 0.
    pub(crate) fn wait(mut self) {
        assert!(self.child.wait().expect("wait for a server").success());
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A `filed` that gives out one file, `abc`.
pub(crate) struct Site {
    server: Started,
    folder: TempDir,
}

impl Site {
    /// On TCP, or on the Unix socket `s` in its folder.
    pub(crate) fn new(tcp: bool) -> Self {
        let folder = tempfile::tempdir().expect("make a folder");
        let root = folder.path().join("files");
        fs::create_dir(&root).expect("make the root");
        fs::write(root.join("file"), "abc").expect("make a file");
        let mut command = Command::new(FILED);
        command.current_dir(folder.path()).args(["--root", "files"]);
        command.args(if tcp { ["--tcp", "127.0.0.1:0"] } else { ["--unix", "s"] });
        Self { server: Started::when_ready(&mut command), folder }
    }

    /// `SOCKET` and `PORT` filled in.
    pub(crate) fn fill(&self, word: &str) -> String {
        let port = self.server.line.trim_end().rsplit(':').next().unwrap_or_default();
        word.replace("SOCKET", &self.folder.path().join("s").to_string_lossy()).replace("PORT", port)
    }

    /// What the program prints, given `input` and then its end.
    pub(crate) fn run(
        &self,
        program: &Path,
        arguments: impl Iterator<Item = String>,
        input: &'static str,
    ) -> String {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("start a client");
        let mut stdin = child.stdin.take().expect("its standard input");
        // A client may end before it has read everything.
        let writer = thread::spawn(move || stdin.write_all(input.as_bytes()).is_ok());
        let output = ended(child);
        writer.join().expect("write the requests");
        output
    }
}

/// `filec unix:SOCKET WORDS`.
pub(crate) fn filec(socket: &Path, words: &[&str]) -> String {
    let address = format!("unix:{}", socket.display());
    ended(Command::new(FILEC).arg(address).args(words).stdout(Stdio::piped()).spawn().expect("start filec"))
}

/// Waits for a program under a watchdog, and gives what it printed.
fn ended(child: Child) -> String {
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
    let (done, watch) = std::sync::mpsc::channel::<()>();
    let watchdog = thread::spawn(move || {
        if watch.recv_timeout(WATCHDOG) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            // It is not reaped yet: the other thread waits for it.
            let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
        }
    });
    let output = child.wait_with_output().expect("wait for a program");
    drop(done);
    watchdog.join().expect("end the watchdog");
    assert!(output.status.success(), "{} after {:?}", output.status, String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
