//! Makes a seed: stage, vendored sources, dependencies compiled in the sandbox. Built beside, then renamed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use sandbox::{Collect, End, Job, Level, Limits, Spec, Tmpfs};

use super::place::{Place, TARGET};
use super::{key, stage};
use crate::text::printable;
use crate::workspace::{Lab, Workspace};

/// A first build of all dependencies may take this long on a slow machine.
const BUILD_TIME: Duration = Duration::from_secs(600);
/// More than this no seed has; the nix crate alone is about 30 MiB.
const MAX_BYTES: u64 = 1 << 30;

/// Everything that decides what a seed is.
pub(super) struct Plan {
    pub(super) key: String,
    pub(super) toolchain: PathBuf,
    pub(super) package: String,
    pub(super) lab: String,
    files: BTreeMap<String, Vec<u8>>,
}

pub(super) fn plan(workspace: &Workspace, lab: &Lab) -> Result<Plan> {
    let read = |path: &Path| fs::read_to_string(path).with_context(|| format!("read {}", path.display()));
    let folder = format!("labs/{}", lab.manifest.folder());
    let root = read(&workspace.root.join("Cargo.toml"))?;
    let made = stage::manifests(&root, &folder, |at| read(&workspace.root.join(at).join("Cargo.toml")))?;
    let mut files: BTreeMap<String, Vec<u8>> =
        made.files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect();
    files.insert("Cargo.lock".to_owned(), read(&workspace.root.join("Cargo.lock"))?.into_bytes());
    for name in &made.crates {
        sources(&workspace.root, &format!("{name}/src"), &mut files)?;
    }
    // Placeholders: cargo wants the files that the manifest names, and each submission brings its own.
    files.insert(format!("{folder}/src/lib.rs"), Vec::new());
    for path in made.programs {
        files.insert(format!("{folder}/{path}"), b"fn main() {}\n".to_vec());
    }
    let toolchain = PathBuf::from(output(Command::new("rustc").args(["--print", "sysroot"]))?);
    let rustc = rustc()?;
    let parts = files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()));
    let key =
        key(parts
            .chain([("rustc", rustc.as_bytes()), ("toolchain", toolchain.as_os_str().as_encoded_bytes())]));
    Ok(Plan { key, toolchain, package: lab.manifest.package(), lab: folder, files })
}

pub(super) fn rustc() -> Result<String> {
    output(Command::new("rustc").arg("--version"))
}

/// Makes the seed at `dir`, its key last. It is made where it stays, because cargo knows sources by their path.
pub(super) fn make(plan: &Plan, dir: &Path, level: Level) -> Result<()> {
    let stage = dir.join("stage");
    for (path, bytes) in &plan.files {
        write(&stage.join(path), bytes)?;
    }
    vendor(&stage, dir)?;
    let target = dir.join("target");
    fs::create_dir(&target).context("create the seed's target folder")?;
    open_for_all(dir)?;
    let tar = dir.join("seed.tar");
    fs::write(&tar, compile(plan, dir, level)?).context("write the seed's archive")?;
    // GNU tar keeps the modification times cargo compares.
    output(Command::new("tar").args(["--no-same-owner", "-xf"]).arg(&tar).arg("-C").arg(&target))?;
    fs::remove_file(&tar).context("remove the seed's archive")?;
    no_artifact_of_the_lab(&target, &plan.package)?;
    // Each submission brings its own.
    fs::remove_dir_all(stage.join(&plan.lab).join("src")).context("remove the placeholders")?;
    open_for_all(dir)?;
    write(&dir.join("key"), plan.key.as_bytes())
}

/// Removes what is left of unfinished seeds, and seeds of the same lab and level that nobody uses.
pub(super) fn remove_old(seeds: &Path, id: &str, level: Level) -> Result<()> {
    let prefix = format!("{id}-{}-", level.word());
    for entry in fs::read_dir(seeds).with_context(|| format!("list {}", seeds.display()))? {
        let entry = entry.context("list the seeds")?;
        let is_old = entry.file_name().to_string_lossy().starts_with(&prefix);
        let unused = File::open(entry.path().join("key")).map_or(true, |key| key.try_lock().is_ok());
        if is_old && unused {
            let path = entry.path();
            fs::remove_dir_all(&path).with_context(|| format!("remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// Prunes the lock file to the stage and copies the dependencies' sources beside it.
fn vendor(stage: &Path, at: &Path) -> Result<()> {
    let cargo = |args: &[&str]| output(Command::new("cargo").args(args).current_dir(stage));
    let vendor = at.join("vendor");
    let vendor_text = vendor.to_str().context("the path of the seed is not UTF-8")?;
    // Whatever was compiled before is in cargo's cache; only a fresh machine needs the network.
    cargo(&["update", "--workspace", "--offline", "--quiet"])
        .or_else(|_| cargo(&["update", "--workspace", "--quiet"]))?;
    cargo(&["vendor", "--offline", "--locked", "--quiet", vendor_text])
        .or_else(|_| cargo(&["vendor", "--locked", "--quiet", vendor_text]))?;
    fs::create_dir_all(&vendor).context("create the folder of vendored sources")?;
    fs::create_dir_all(at.join("cargo-home")).context("create the seed's CARGO_HOME")
}

/// Compiles the stage with its placeholder in the sandbox, then removes the placeholder's artifacts.
fn compile(plan: &Plan, at: &Path, level: Level) -> Result<Vec<u8>> {
    let stage = at.join("stage");
    let place = Place { level, seed: at, stage: &stage, toolchain: &plan.toolchain, package: &plan.package };
    // What the sandbox makes goes in as arguments: without namespaces it is elsewhere, and only whole
    // arguments are translated.
    let script =
        format!("set -e; {}; {}; tar -C \"$1\" -cf \"$2\" .", quoted(&place.build()), quoted(&place.clean()));
    let argv = ["/bin/sh", "-c", &script, "sh", TARGET, "/out/seed.tar"].map(str::to_owned).to_vec();
    let mut spec = Spec::new(Job::Exec { argv, cwd: place.stage().into() });
    spec.level = Some(level);
    spec.ro = place.binds();
    spec.tmpfs = vec![Tmpfs::new(TARGET, 1024), Tmpfs::new("/out", 1024)];
    spec.env = place.env();
    spec.limits = Limits { wall: BUILD_TIME, memory: 4 << 30, host_shmem: 4 << 30, ..Limits::build() };
    spec.limits.program.file_size = MAX_BYTES;
    spec.limits.program.cpu_seconds = BUILD_TIME.as_secs();
    spec.collect = vec![Collect { path: "/out/seed.tar".into(), max: MAX_BYTES }];
    let mut outcome = sandbox::run(&spec);
    match (&outcome.end, outcome.files.pop()) {
        (End::Exited(0), Some(Ok(bytes))) => Ok(bytes),
        (End::Exited(0), Some(Err(why))) => bail!("take the seed out of the sandbox: {why}"),
        (end, _) => bail!(
            "compile the lab's dependencies in the sandbox: {end:?}\n{}",
            printable(&outcome.stderr.text(), 30, 4096)
        ),
    }
}

/// A command for sh(1).
fn quoted(words: &[String]) -> String {
    words.iter().map(|word| format!("'{}' ", word.replace('\'', "'\\''"))).collect()
}

fn no_artifact_of_the_lab(target: &Path, package: &str) -> Result<()> {
    match artifact_of_the_lab(target, package)? {
        Some(path) => bail!("the seed holds an artifact of the lab: {}", path.display()),
        None => Ok(()),
    }
}

/// The first file or folder that has the lab's name.
pub(super) fn artifact_of_the_lab(target: &Path, package: &str) -> Result<Option<PathBuf>> {
    let names = [package.to_owned(), package.replace('-', "_")];
    let mut folders = vec![target.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("list {}", folder.display()))? {
            let entry = entry.with_context(|| format!("list {}", folder.display()))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if names.iter().any(|part| name.contains(part.as_str())) {
                return Ok(Some(entry.path()));
            }
            if entry.file_type().context("look at the seed")?.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    Ok(None)
}

/// Lets every slot's user read the seed, and nobody but its owner write it.
fn open_for_all(at: &Path) -> Result<()> {
    let mut paths = vec![at.to_owned()];
    while let Some(path) = paths.pop() {
        let kind = fs::symlink_metadata(&path).with_context(|| format!("look at {}", path.display()))?;
        if kind.is_symlink() {
            continue;
        }
        let is_program = kind.is_dir() || kind.permissions().mode() & 0o100 != 0;
        let mode = if is_program { 0o755 } else { 0o644 };
        fs::set_permissions(&path, PermissionsExt::from_mode(mode))
            .with_context(|| format!("set the mode of {}", path.display()))?;
        if kind.is_dir() {
            for entry in fs::read_dir(&path).with_context(|| format!("list {}", path.display()))? {
                paths.push(entry.context("list the seed")?.path());
            }
        }
    }
    Ok(())
}

fn sources(root: &Path, folder: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    let at = root.join(folder);
    for entry in fs::read_dir(&at).with_context(|| format!("list {}", at.display()))? {
        let entry = entry.with_context(|| format!("list {}", at.display()))?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().with_context(|| format!("look at {path}"))?.is_dir() {
            sources(root, &path, files)?;
        } else {
            files.insert(path.clone(), fs::read(entry.path()).with_context(|| format!("read {path}"))?);
        }
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    }
    fs::write(path, bytes).with_context(|| format!("write {}", path.display()))
}

/// Runs a trusted command and gives its standard output, trimmed.
fn output(command: &mut Command) -> Result<String> {
    let shown = format!("{command:?}");
    let done = command.stdin(Stdio::null()).output().with_context(|| format!("run {shown}"))?;
    if !done.status.success() {
        bail!("{shown}: {}", String::from_utf8_lossy(&done.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
}
