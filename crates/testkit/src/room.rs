//! One check's private world.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::fs;
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use anyhow::{Context, Result};
use nix::errno::Errno;
use sandbox::protocol::Verdict;
use tempfile::TempDir;

use crate::command::Cmd;
use crate::failure::{fail, fail_with_detail, or_grader_error};
use crate::gate::Gate;
use crate::helpers;
use crate::laws::{self, Broken};
use crate::names::Names;
use crate::program::Program;
use crate::referee::{referee, test_name};
use crate::shared::Shared;
use crate::tree::Tree;

/// A private folder, random words, and the programs started in it. Dropping it asserts the laws: no process
/// is left, no name is left, no program panicked.
pub struct Room {
    pub(crate) shared: Arc<Shared>,
    /// Removed last.
    _folder: TempDir,
}

thread_local! {
    static CURRENT: RefCell<Weak<Shared>> = const { RefCell::new(Weak::new()) };
}

/// Makes the words of two rooms of one test differ.
static MADE: AtomicUsize = AtomicUsize::new(0);

impl Room {
    /// Makes the world of one check.
    #[must_use]
    #[track_caller]
    #[expect(clippy::new_without_default, reason = "a room has effects; nobody should get one by default")]
    pub fn new() -> Self {
        if referee().is_decided() {
            // Not the panic hook's business: the record of the case that failed says it all.
            std::panic::resume_unwind(Box::new("not run: an earlier case of this check has failed"));
        }
        or_grader_error(Self::make())
    }

    fn make() -> Result<Self> {
        let referee = referee();
        let random = random_for(&test_name(), referee.seed);
        let token: String = std::iter::repeat_with(fastrand::alphanumeric).take(16).collect();
        let mut builder = tempfile::Builder::new();
        builder.prefix("ipc-labs-").permissions(fs::Permissions::from_mode(0o700));
        let folder = match &referee.config.scratch {
            Some(scratch) => builder.tempdir_in(scratch),
            None => builder.tempdir(),
        };
        let folder = folder.context("make the check's folder")?;
        let base = folder.path().canonicalize().context("find the check's folder")?;
        let dir = base.join("room");
        for folder in [&dir, &dir.join("tmp")] {
            fs::DirBuilder::new().mode(0o700).create(folder).context("make the room")?;
        }
        let shared = Arc::new(Shared {
            helpers: helpers::folder()?,
            tree: Tree::new(&token, referee.alone),
            events: Arc::default(),
            names: Names::now(),
            evidence: Mutex::default(),
            queues: Mutex::default(),
            last_command: Mutex::default(),
            programs: Mutex::default(),
            roles: Mutex::default(),
            gates: Mutex::default(),
            halted: Mutex::default(),
            awaits: AtomicU64::new(0),
            maker: nix::unistd::gettid(),
            became: Mutex::default(),
            abandoned: AtomicBool::new(false),
            timers: AtomicBool::new(false),
            tracers: Mutex::default(),
            random: Mutex::new(random),
            dir,
            base,
            token,
        });
        CURRENT.set(Arc::downgrade(&shared));
        Ok(Self { shared, _folder: folder })
    }

    /// The folder that programs start in; also their `HOME`. Mode 0700, removed at the end.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.shared.dir
    }

    /// Says that programs of this room may be woken by a timer. A program that waits for one made by alarm(2),
    /// setitimer(2) or timer_create(2) looks like one that waits for ever: from now on nothing is proved of this room.
    /// Choose times of less than a second: who stands still for longer is given up, with the watchdog's usual words, also
    /// where it can be seen that it sleeps for a time of its own choice.
    pub fn expect_timers(&self) {
        self.shared.timers.store(true, Ordering::Relaxed);
    }

    /// `TMPDIR` of the programs. A law: empty at the end.
    #[must_use]
    pub fn tmp(&self) -> PathBuf {
        self.shared.dir.join("tmp")
    }

    /// The path of `name` in the room.
    #[must_use]
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.shared.dir.join(name)
    }

    /// Writes a file in the room.
    #[track_caller]
    pub fn write(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        // It may be a script: nobody can run a file that somebody has open for writing.
        let written = sandbox::while_nobody_forks(|| fs::write(&path, bytes));
        or_grader_error(written.with_context(|| format!("write {}", path.display())));
        path
    }

    /// Says that another program may run here, one that the check does not start itself: where a hang is explained, it
    /// is called what it is called, and stands where the programs of the student stand.
    pub fn introduce(&self, program: &Program) {
        self.shared.roles.lock().unwrap_or_else(PoisonError::into_inner).extend(program.role());
    }

    /// Reads a file of the room; fails the check if it is not there.
    #[must_use]
    #[track_caller]
    pub fn read(&self, name: impl AsRef<Path>) -> Vec<u8> {
        let path = self.path(name);
        match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let name = path.strip_prefix(self.dir()).unwrap_or(&path).display();
                fail(
                    Verdict::Fail,
                    format!(
                        "{}\nexpected: there is a file `{name}`\nreceived: it cannot be read: {}",
                        self.shared.command_line(),
                        reason(&error)
                    ),
                )
            }
        }
    }

    /// Writes a file that may be run, `#!/bin/sh` and so on.
    #[track_caller]
    pub fn executable(&self, name: impl AsRef<Path>, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.write(name, text);
        let mode = fs::Permissions::from_mode(0o755);
        or_grader_error(
            fs::set_permissions(&path, mode).with_context(|| format!("make {} runnable", path.display())),
        );
        path
    }

    /// Makes a folder in the room.
    #[track_caller]
    pub fn mkdir(&self, name: impl AsRef<Path>) -> PathBuf {
        let path = self.path(name);
        or_grader_error(fs::create_dir_all(&path).with_context(|| format!("make folder {}", path.display())));
        path
    }

    /// The names in a folder of the room, sorted; `""` is the room itself.
    #[must_use]
    #[track_caller]
    pub fn list(&self, folder: impl AsRef<Path>) -> Vec<String> {
        let path = self.path(folder);
        let entries =
            or_grader_error(fs::read_dir(&path).with_context(|| format!("list {}", path.display())));
        let mut names: Vec<String> = entries
            .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
            .collect();
        names.sort();
        names
    }

    /// A random word of eight small letters.
    #[must_use]
    pub fn word(&self) -> String {
        let word = random_word(&mut self.random());
        self.shared.evidence.lock().unwrap_or_else(PoisonError::into_inner).words.push(word.clone());
        word
    }

    /// `n` random bytes, of any value.
    #[must_use]
    pub fn bytes(&self, n: usize) -> Vec<u8> {
        let mut bytes = vec![0; n];
        self.random().fill(&mut bytes);
        bytes
    }

    /// `n` random lines, each a word and a newline.
    #[must_use]
    pub fn lines(&self, n: usize) -> String {
        let mut random = self.random();
        (0..n).map(|_| random_word(&mut random) + "\n").collect()
    }

    /// A random number in `range`.
    #[must_use]
    pub fn number(&self, range: Range<u64>) -> u64 {
        self.random().u64(range)
    }

    /// One of `choices`, at random.
    #[must_use]
    pub fn choose<'a, T>(&self, choices: &'a [T]) -> &'a T {
        let index = self.random().usize(..choices.len());
        &choices[index]
    }

    /// A gate: a FIFO of this name in the room. In scripts, `gate NAME` blocks until [`Gate::open`].
    #[must_use]
    #[track_caller]
    pub fn gate(&self, name: &str) -> Gate {
        Gate::make(&self.shared, name)
    }

    /// A program to be started in this room: [`bin!`](crate::bin), or a command found in its `PATH`.
    #[must_use]
    pub fn command(&self, program: impl Into<Program>) -> Cmd {
        Cmd::new(Arc::clone(&self.shared), program.into())
    }

    /// Waits until `done` says so, under the watchdog. `what` completes "waited in vain: ".
    #[track_caller]
    pub fn eventually(&self, what: impl AsRef<str>, done: impl FnMut() -> bool) {
        self.shared.wait_for(what.as_ref(), done);
    }

    /// The same for what only a program of the room can do: if none is left, the check fails at once.
    #[track_caller]
    pub fn until(&self, what: impl AsRef<str>, done: impl FnMut() -> bool) {
        self.shared.wait_for_programs(what.as_ref(), done);
    }

    /// The value of `PATH` that programs get: helpers first, then the system's.
    #[must_use]
    pub fn search_path(&self) -> String {
        format!("{}:/usr/bin:/bin", self.shared.helpers.display())
    }

    fn random(&self) -> MutexGuard<'_, fastrand::Rng> {
        self.shared.random.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let broken = if std::thread::panicking() { None } else { laws::broken(&self.shared) };
        self.shared.clean_up();
        if std::thread::panicking() {
            return;
        }
        match broken {
            Some(Broken { verdict, text, detail }) => fail_with_detail(verdict, text, detail),
            None => referee().record(&test_name(), Verdict::Pass, "", ""),
        }
    }
}

/// The system's words, without "(os error 2)".
fn reason(error: &std::io::Error) -> String {
    error.raw_os_error().map_or_else(|| error.to_string(), |code| Errno::from_raw(code).desc().to_owned())
}

fn random_word(random: &mut fastrand::Rng) -> String {
    (0..8).map(|_| random.lowercase()).collect()
}

/// What was started last in the room this thread made last, as a line; empty without either.
pub(crate) fn last_command() -> String {
    let line = CURRENT.with_borrow(Weak::upgrade).map_or_else(String::new, |shared| shared.command_line());
    if line.is_empty() { line } else { line + "\n" }
}

/// The folder of the room this thread made last.
pub(crate) fn room_dir() -> Option<String> {
    CURRENT.with_borrow(Weak::upgrade).map(|shared| shared.dir.to_string_lossy().into_owned())
}

/// Notes that the check has stopped `pid`, or lets it go on.
pub(crate) fn note_halted(pid: i32, is_halted: bool) {
    if let Some(shared) = CURRENT.with_borrow(Weak::upgrade) {
        let mut halted = shared.halted.lock().unwrap_or_else(PoisonError::into_inner);
        if is_halted {
            halted.insert(pid);
        } else {
            halted.remove(&pid);
        }
    }
}

/// Waits until `done` says so, under the watchdog of the room this thread made last. `what` completes
/// "waited in vain: ".
#[track_caller]
pub fn eventually(what: impl AsRef<str>, done: impl FnMut() -> bool) {
    match CURRENT.with_borrow(Weak::upgrade) {
        Some(shared) => shared.wait_for(what.as_ref(), done),
        None => fail(Verdict::GraderError, "the check waits before it made a room"),
    }
}

/// Different for each test and each room in it, the same for the same seed.
fn random_for(test: &str, seed: u64) -> fastrand::Rng {
    let fnv = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    let name = OsStr::new(test).as_encoded_bytes().iter().fold(0xcbf2_9ce4_8422_2325, fnv);
    let nth = if referee().alone { MADE.fetch_add(1, Ordering::Relaxed) as u64 } else { 0 };
    fastrand::Rng::with_seed(seed ^ name ^ nth)
}
