//! The read-only build seed: everything a submission's build needs but the submission itself.
//!
//! It holds a stage workspace, its vendored dependencies, and a target folder in which only dependencies
//! are compiled. It is compiled inside the sandbox at the paths submissions are built at, so that cargo
//! finds the fingerprints it expects, and it holds **no artifact of the lab**: cargo trusts modification
//! times, and would grade one student with another's program. Seeds are kept by a hash of all that goes in.

pub mod stage;

mod make;
mod place;
mod reach;

pub use place::{Place, TARGET};

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sandbox::Level;
use sha2::{Digest, Sha256};

use crate::workspace::{Lab, Workspace};

/// Raise it when the way seeds are made changes.
const VERSION: &str = "4";

/// A seed on disk, locked against removal while this value lives.
#[derive(Debug)]
pub struct Seed {
    /// Its folder, with `stage`, `vendor`, `cargo-home` and `target`.
    pub dir: PathBuf,
    /// The toolchain's folder on the host.
    pub toolchain: PathBuf,
    /// The lab's package.
    pub package: String,
    /// The lab's folder below the stage: `labs/01-pipeline-shell`.
    pub lab: String,
    _lock: File,
}

impl Seed {
    /// Finds the lab's seed, or makes it.
    ///
    /// # Errors
    /// When a dependency cannot be had, or does not compile.
    pub fn open(workspace: &Workspace, lab: &Lab, level: Level) -> Result<Self> {
        let plan = make::plan(workspace, lab)?;
        let seeds = folder(workspace);
        fs::create_dir_all(&seeds).with_context(|| format!("create {}", seeds.display()))?;
        // Not to be listed; without namespaces a slot's user must still get through to what it was told of.
        fs::set_permissions(&seeds, PermissionsExt::from_mode(0o711))
            .with_context(|| format!("make {} private", seeds.display()))?;
        let lock = File::create(seeds.join(".lock")).context("create the seeds' lock")?;
        reach::check(level, &[&seeds, &plan.toolchain])?;
        lock.lock().context("wait for another run to make a seed")?;
        let dir = seeds.join(name(lab, level, &plan.key));
        // The key is written last: a seed without one was never finished.
        if !dir.join("key").is_file() {
            make::remove_old(&seeds, &lab.manifest.id, level)?;
            make::make(&plan, &dir, level)?;
        }
        let in_use = File::open(dir.join("key")).context("open the seed's key")?;
        in_use.lock_shared().context("lock the seed")?;
        Ok(Self { dir, toolchain: plan.toolchain, package: plan.package, lab: plan.lab, _lock: in_use })
    }

    /// Where a build finds things when `stage` is the folder with its sources.
    #[must_use]
    pub fn place<'a>(&'a self, stage: &'a Path, level: Level) -> Place<'a> {
        Place { level, seed: &self.dir, stage, toolchain: &self.toolchain, package: &self.package }
    }

    /// The stage without the lab's sources.
    #[must_use]
    pub fn stage(&self) -> PathBuf {
        self.dir.join("stage")
    }
}

/// `rustc 1.95.0 (...)`: what every seed and submission is compiled with.
///
/// # Errors
/// When it cannot be started.
pub fn rustc() -> Result<String> {
    make::rustc()
}

/// What [`state`] found out about a lab's seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The hash of all that goes into the seed as things are now.
    pub key: String,
    /// Whether a finished seed with this key is there.
    pub is_present: bool,
    /// An artifact of the lab in it, which must never be there.
    pub artifact: Option<PathBuf>,
}

/// Looks whether the lab's seed is there, and sound; makes nothing.
///
/// # Errors
/// When the key cannot be computed, or the seed cannot be read.
pub fn state(workspace: &Workspace, lab: &Lab, level: Level) -> Result<State> {
    let plan = make::plan(workspace, lab)?;
    let dir = folder(workspace).join(name(lab, level, &plan.key));
    let is_present = dir.join("key").is_file();
    let artifact =
        if is_present { make::artifact_of_the_lab(&dir.join("target"), &plan.package)? } else { None };
    Ok(State { key: plan.key, is_present, artifact })
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.state_dir().join("seed")
}

fn name(lab: &Lab, level: Level, key: &str) -> String {
    format!("{}-{}-{key}", lab.manifest.id, level.word())
}

/// A short name for everything that goes into a seed.
fn key<'a>(parts: impl Iterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut hash = Sha256::new();
    hash.update(VERSION);
    for (name, bytes) in parts {
        hash.update(name.len().to_le_bytes());
        hash.update(name);
        hash.update(bytes.len().to_le_bytes());
        hash.update(bytes);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
