//! The helper programs that specifications put into commands, and where they are.
//!
//! One multi-call program, `testkit-helper`: called by a helper's name, or with the name as its first
//! argument. It has no Rust runtime start-up, so it sees signals and descriptors as it got them, and dies of
//! SIGPIPE like any Unix tool. `testkit-helper install DIR` fills a folder with all of them.
//!
//! | helper | does | prints on stdout |
//! |---|---|---|
//! | `gate FIFO` | appends its pid to `.FIFO.reached` beside the FIFO, then blocks until the check opens the gate | nothing |
//! | `meet DIR N` | returns when N callers are inside at the same moment (DIR is made if missing; one meeting a DIR) | nothing |
//! | `fds` | its own open descriptors, ascending | `0 1 2` and a newline |
//! | `fds -l` | the same with targets | one line each: `0 pipe:[4711]` |
//! | `sigs` | its signals | `blocked - ignored - caught -`; names instead of `-`: `blocked CHLD,USR1 ignored PIPE caught -` |
//! | `spew N` | writes N bytes, [`spew_bytes`] | those bytes |
//! | `slurp N` | reads N bytes of stdin, none further; status 1 at an earlier end | nothing |
//! | `drip` | copies stdin to stdout, one byte a read and a write | the input |
//! | `hash` | reads stdin to its end | `LENGTH CHECKSUM` and a newline, [`hash_line`]; (`sh` has a builtin of that name: there, `env hash`) |
//! | `die SIG` | kills itself by `KILL`, `SEGV`, `9`, ... (unblocked, at its default, no core file) | nothing |
//! | `linger FIFO` | leaves a child that keeps all descriptors and waits like `gate FIFO`, and ends with 0 at once | nothing |
//! | `echoes ADDRESS` | a server: sends each client's lines back, one client after the other, until one sends `end` | `ready ADDRESS` and a newline |
//!
//! Errors: one line `NAME: reason` on stderr, status 1; wrong use: status 2.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use crate::referee::referee;

/// The names, as they stand in `PATH`.
pub const NAMES: [&str; 11] =
    ["gate", "meet", "fds", "sigs", "spew", "slurp", "drip", "hash", "die", "linger", "echoes"];

/// The multi-call program's file name.
const FILE: &str = "testkit-helper";

/// What `spew N` writes: lines of 15 hexadecimal digits and a newline, each the line's number, cut at `n`.
#[must_use]
pub fn spew_bytes(n: usize) -> Vec<u8> {
    SpewLines::default().take(n)
}

/// The lines of `spew`, from the first one on. The digits count themselves up: to format each number takes ten times as
/// long, and specifications ask for many megabytes.
#[derive(Debug, Clone)]
pub struct SpewLines([u8; 16]);

impl Default for SpewLines {
    fn default() -> Self {
        Self(*b"000000000000000\n")
    }
}

impl SpewLines {
    /// The next `n` bytes. What is cut of the last line is not given again.
    #[must_use]
    pub fn take(&mut self, n: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(n + self.0.len());
        while bytes.len() < n {
            bytes.extend_from_slice(&self.0);
            self.count_up();
        }
        bytes.truncate(n);
        bytes
    }

    fn count_up(&mut self) {
        for digit in self.0[..15].iter_mut().rev() {
            match *digit {
                b'f' => *digit = b'0',
                b'9' => return *digit = b'a',
                _ => return *digit += 1,
            }
        }
    }
}

/// What `hash` prints for `bytes`: their number and their FNV-1a checksum of 64 bits.
#[must_use]
pub fn hash_line(bytes: &[u8]) -> String {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    format!("{} {:016x}\n", bytes.len(), bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix))
}

/// The folder that holds the helpers: the runner's, or one beside the referee's own file.
pub(crate) fn folder() -> Result<PathBuf> {
    static FOLDER: OnceLock<Result<PathBuf>> = OnceLock::new();
    match FOLDER.get_or_init(find) {
        Ok(folder) => Ok(folder.clone()),
        Err(error) => bail!("{error:#}"),
    }
}

/// Whether a process runs one of the helpers.
pub(crate) fn is_helper(pid: i32) -> bool {
    let exe = fs::read_link(format!("/proc/{pid}/exe"));
    exe.is_ok_and(|exe| {
        exe.file_name().is_some_and(|name| name == FILE || NAMES.iter().any(|known| name == *known))
    })
}

fn find() -> Result<PathBuf> {
    if let Some(folder) = &referee().config.helpers {
        let complete = NAMES.iter().all(|name| folder.join(name).exists());
        return if complete {
            Ok(folder.clone())
        } else {
            bail!("find helpers: {} lacks some", folder.display())
        };
    }
    let own = std::env::current_exe().context("find the referee's own file")?;
    // target/debug/deps/spec-0123 -> target/debug
    let profile = own.ancestors().nth(2).context("find cargo's target folder")?;
    let file = profile.join(FILE);
    if stale(&file) {
        build(profile)?;
    }
    let folder = profile.join("ipc-labs-helpers");
    fs::create_dir_all(&folder).context("make the folder of the helpers")?;
    for name in NAMES {
        match symlink(Path::new("..").join(FILE), folder.join(name)) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                return Err(error).with_context(|| format!("link helper {name}"));
            }
            _ => {}
        }
    }
    Ok(folder)
}

/// Missing, or older than its sources: its own, and this one, from which it takes what it writes.
fn stale(file: &Path) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|meta| meta.modified()).ok();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let own = fs::read_dir(source.join("bin/testkit-helper")).into_iter().flatten();
    let sources =
        own.filter_map(|entry| changed(&entry.ok()?.path())).chain(changed(&source.join("helpers.rs")));
    changed(file).is_none_or(|built| built < sources.max().unwrap_or(SystemTime::UNIX_EPOCH))
}

fn build(profile: &Path) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--package", "testkit", "--bin", FILE]);
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command.arg("--target-dir").arg(profile.parent().context("find cargo's target folder")?);
    if profile.ends_with("release") {
        command.arg("--release");
    }
    let status = command.status().context("build the helpers")?;
    if !status.success() {
        bail!("build the helpers: cargo says {status}");
    }
    Ok(())
}
