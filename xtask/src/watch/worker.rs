//! The thread that builds and runs checks, one job at a time, while the screen stays alive.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

use anyhow::Context as _;
use nix::sys::eventfd::EventFd;
use tempfile::TempDir;

use crate::check::agree;
use crate::compile::{self, Built, Wanted};
use crate::family::Family;
use crate::manifest::Check;
use crate::outcome::CheckOutcome;
use crate::referee::{self, Cases};
use crate::suite::{self, Suite, Task};
use crate::workspace::{Lab, Workspace};
use crate::{interrupt, pool, slowness};

use super::cargo::{self, Ended};
use super::state::Build;

/// What the worker is told to do.
#[derive(Debug)]
pub(super) enum Job {
    /// Build the program, and the specification if it is not there or `is_spec_new`.
    Build { lab: Box<Lab>, is_spec_new: bool },
    /// Run these checks on it.
    Check(Vec<Check>),
}

/// What the worker tells.
#[derive(Debug)]
pub(super) enum News {
    Built(Build),
    Outcome(CheckOutcome),
    /// The checks have ended, or were halted.
    Checked,
    /// The grader failed.
    Broken(anyhow::Error),
}

/// News, and a descriptor that wakes who waits for them; also when the worker has ended, however it did.
#[derive(Debug)]
pub(super) struct Bell {
    news: Option<Sender<News>>,
    bell: Arc<EventFd>,
}

impl Bell {
    pub(super) fn new(news: Sender<News>, bell: Arc<EventFd>) -> Self {
        Self { news: Some(news), bell }
    }

    fn tell(&self, news: News) {
        // Who has gone needs no news: the program ends.
        if self.news.as_ref().is_some_and(|to| to.send(news).is_ok()) {
            let _ = self.bell.write(1);
        }
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        self.news = None;
        let _ = self.bell.write(1);
    }
}

/// The specification, built, and copied to where no build replaces it while it runs.
struct Kit {
    built: Built,
    cases: Cases,
}

pub(super) struct Worker<'a> {
    workspace: &'a Workspace,
    family: Family,
    bell: Bell,
    /// A folder of our own.
    place: TempDir,
    kit: Option<Kit>,
    /// The program that is being checked, and its bytes.
    programs: BTreeMap<String, PathBuf>,
    bytes: Vec<Vec<u8>>,
    slowness: u32,
    /// Cargo writes to the terminal while it is true: before there is a screen.
    is_loud: bool,
}

impl<'a> Worker<'a> {
    pub(super) fn new(workspace: &'a Workspace, bell: Bell, is_loud: bool) -> anyhow::Result<Self> {
        let dir = target(workspace);
        fs::create_dir_all(&dir).with_context(|| format!("make folder {}", dir.display()))?;
        let place = tempfile::Builder::new().prefix("run-").tempdir_in(&dir);
        Ok(Self {
            workspace,
            family: Family::new()?,
            bell,
            place: place.with_context(|| format!("make a folder in {}", dir.display()))?,
            kit: None,
            programs: BTreeMap::new(),
            bytes: Vec::new(),
            slowness: slowness::measure(),
            is_loud,
        })
    }

    /// Works until there is nobody to give jobs.
    pub(super) fn work(mut self, jobs: &Receiver<Job>) {
        while let Ok(job) = jobs.recv() {
            let done = match job {
                Job::Build { lab, is_spec_new } => self.build(*lab, is_spec_new).map(News::Built),
                Job::Check(checks) => self.check(&checks).map(|()| News::Checked),
            };
            self.bell.tell(done.unwrap_or_else(News::Broken));
        }
    }

    fn build(&mut self, lab: Lab, is_spec_new: bool) -> anyhow::Result<Build> {
        if is_spec_new {
            self.kit = None;
        }
        let mut build = self.program(&lab)?;
        if let (Build::Ready { is_new, .. }, None) = (&mut build, &self.kit) {
            // Other checks may judge the same program otherwise.
            *is_new = true;
            if let Some(refused) = self.specification(&lab)? {
                build = refused;
            }
        }
        self.is_loud &= matches!(build, Build::Halted);
        Ok(build)
    }

    /// Builds the program alone, in a target folder of our own: an editor's checks hold the usual one.
    fn program(&mut self, lab: &Lab) -> anyhow::Result<Build> {
        let package = lab.manifest.package();
        let wanted = Wanted { package: &package, programs: &lab.manifest.programs, ..Wanted::default() };
        let mut ended = self.cargo_program(wanted)?;
        if matches!(ended, Ended::Built { is_compiled: false, .. }) {
            // We build because a file has changed. Cargo goes by times, and a file that was copied or moved
            // back may be older than the program.
            forget(&target(self.workspace), &package)?;
            ended = self.cargo_program(wanted)?;
        }
        match ended {
            Ended::Halted => Ok(Build::Halted),
            Ended::Refused(text) => Ok(Build::Refused(text)),
            Ended::Built { built, warnings, .. } => {
                Ok(Build::Ready { is_new: self.install(&built.programs)?, warnings })
            }
        }
    }

    fn cargo_program(&self, wanted: Wanted<'_>) -> anyhow::Result<Ended> {
        let mut command = compile::cargo(self.workspace);
        command.args(["build", "--package", wanted.package, "--bins", "--target-dir"]);
        command.arg(target(self.workspace));
        // Debug information holds line numbers: without it a new comment makes the same program.
        command.env("CARGO_PROFILE_DEV_DEBUG", "0");
        cargo::run(&mut command, &self.family, wanted, self.is_loud)
    }

    /// Copies the programs to where no build replaces them; whether they differ from those before.
    fn install(&mut self, programs: &BTreeMap<String, PathBuf>) -> anyhow::Result<bool> {
        let read = |path: &PathBuf| fs::read(path).with_context(|| format!("read {}", path.display()));
        let bytes: Vec<Vec<u8>> = programs.values().map(read).collect::<anyhow::Result<_>>()?;
        if bytes == self.bytes && programs.keys().eq(self.programs.keys()) {
            return Ok(false);
        }
        self.programs.clear();
        for (name, path) in programs {
            let copy = self.place.path().join(name);
            copy_program(path, &copy)?;
            self.programs.insert(name.clone(), copy);
        }
        self.bytes = bytes;
        Ok(true)
    }

    /// Builds the specification where `check` builds it, so that it is compiled once for both.
    fn specification(&mut self, lab: &Lab) -> anyhow::Result<Option<Build>> {
        let package = lab.manifest.package();
        let wanted = Wanted { package: &package, programs: &lab.manifest.programs, ..Wanted::default() };
        let mut command = compile::cargo(self.workspace);
        command.args(["build", "--package", &package, "--bins", "--package", "testkit", "--test", "spec"]);
        let mut built = match cargo::run(&mut command, &self.family, wanted, self.is_loud)? {
            Ended::Halted => return Ok(Some(Build::Halted)),
            Ended::Refused(text) => return Ok(Some(Build::Refused(text))),
            Ended::Built { built, .. } => built,
        };
        let copy = self.place.path().join("spec");
        copy_program(built.spec()?, &copy)?;
        built.spec = Some(copy);
        let cases = referee::list(built.spec()?)?;
        if let Err(error) = agree(self.workspace, lab, &cases) {
            return Ok(Some(Build::Refused(format!("{error:#}"))));
        }
        self.kit = Some(Kit { built, cases });
        Ok(None)
    }

    fn check(&self, checks: &[Check]) -> anyhow::Result<()> {
        let kit = self.kit.as_ref().context("run checks: there is no specification")?;
        let suite = Suite {
            built: &kit.built,
            cases: &kit.cases,
            seed: suite::new_seed()?,
            slowness: self.slowness,
            jobs: pool::cores() * 2,
        };
        let tasks: Vec<Task<'_>> =
            checks.iter().map(|check| Task { programs: &self.programs, check }).collect();
        suite.run(&self.family, &tasks, |_, outcome| {
            // What was cut short has no verdict.
            if !interrupt::is_halted() {
                self.bell.tell(News::Outcome(outcome));
            }
        })
    }
}

/// Our own target folder.
fn target(workspace: &Workspace) -> PathBuf {
    workspace.state_dir().join("watch")
}

/// A new file each time: the one before may still run.
fn copy_program(from: &Path, to: &Path) -> anyhow::Result<()> {
    match fs::remove_file(to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("remove {}", to.display()));
        }
        _ => {}
    }
    fs::copy(from, to).map(drop).with_context(|| format!("copy {} to {}", from.display(), to.display()))
}

/// Lets cargo forget that it has compiled a package in our own target folder.
fn forget(target: &Path, package: &str) -> anyhow::Result<()> {
    let dir = target.join("debug/.fingerprint");
    let entries = fs::read_dir(&dir).with_context(|| format!("list {}", dir.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("list {}", dir.display()))?;
        if entry.file_name().to_string_lossy().starts_with(&format!("{package}-")) {
            fs::remove_dir_all(entry.path()).with_context(|| format!("remove {}", entry.path().display()))?;
        }
    }
    Ok(())
}
