//! Runs one program text in both shells, each in an empty folder of the same path.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;

/// The reference.
pub(crate) const PSH: &str = env!("CARGO_BIN_EXE_sol-psh");

/// A program that does not end is a failure, however slow the machine is.
const WATCHDOG: Duration = Duration::from_secs(120);

/// The path of dash, or `None` after saying that `test` is skipped.
pub(crate) fn dash(test: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("dash")).find(|file| file.is_file());
    if found.is_none() {
        println!("skipped: {test}: dash is not in PATH");
    }
    found
}

/// What a shell made of a program.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Result {
    /// `None`: killed by a signal.
    status: Option<i32>,
    stdout: String,
    /// By name; folders have no content.
    files: BTreeMap<OsString, Option<Vec<u8>>>,
}

/// Runs `text` by `shell -c` in an empty `folder`, which it empties again.
fn run(shell: &Path, text: &str, folder: &Path) -> Result {
    fs::create_dir(folder).expect("make a folder for the program");
    fs::create_dir(folder.join("sub")).expect("make a folder in it");
    let output = Command::new(shell)
        .args(["-c", text])
        .current_dir(folder)
        .env_clear()
        .envs([("PATH", "/usr/bin:/bin"), ("LC_ALL", "C")])
        .env("HOME", folder)
        .env("TMPDIR", folder)
        .timeout(WATCHDOG)
        .output()
        .expect("start the shell");
    let files = fs::read_dir(folder).expect("list the folder").map(|entry| {
        let entry = entry.expect("read an entry");
        (entry.file_name(), fs::read(entry.path()).ok())
    });
    let files = files.collect();
    fs::remove_dir_all(folder).expect("remove the folder");
    Result {
        status: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        files,
    }
}

/// How the shells differ about `text`, or nothing.
pub(crate) fn difference(dash: &Path, text: &str) -> Option<String> {
    let room = tempfile::tempdir().expect("make a temporary folder");
    // The same path for both, because programs print it.
    let folder = room.path().canonicalize().expect("resolve the temporary folder").join("home");
    let (expected, received) = (run(dash, text, &folder), run(Path::new(PSH), text, &folder));
    (expected != received).then(|| format!("program:\n{text}\n\ndash: {expected:#?}\npsh:  {received:#?}\n"))
}
