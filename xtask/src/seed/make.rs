//! Makes a seed: stage, vendored sources, dependencies compiled in the sandbox. Built beside, then renamed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use sandbox::{Collect, End, Job, Level, Limits, Spec, Tmpfs};

use super::{binds, build_command, build_env, inside, key, stage};
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
    pub(super) rustc: String,
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
    files.insert(format!("{folder}/src/main.rs"), b"fn main() {}\n".to_vec());
    let toolchain = PathBuf::from(output(Command::new("rustc").args(["--print", "sysroot"]))?);
    let rustc = output(Command::new("rustc").arg("--version"))?;
    let parts = files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()));
    let key =
        key(parts
            .chain([("rustc", rustc.as_bytes()), ("toolchain", toolchain.as_os_str().as_encoded_bytes())]));
    Ok(Plan { key, toolchain, rustc, package: lab.manifest.package(), lab: folder, files })
}

/// Makes the seed in a private folder beside `dir` and renames it into place.
pub(super) fn make(plan: &Plan, seeds: &Path, dir: &Path, level: Level) -> Result<()> {
    let folder = tempfile::Builder::new().prefix(".making-").tempdir_in(seeds).context("create a seed")?;
    let at = folder.path();
    let stage = at.join("stage");
    for (path, bytes) in &plan.files {
        write(&stage.join(path), bytes)?;
    }
    vendor(&stage, at)?;
    fs::create_dir(at.join("target")).context("create the seed's target folder")?;
    let tar = at.join("seed.tar");
    fs::write(&tar, compile(plan, at, level)?).context("write the seed's archive")?;
    // GNU tar keeps the modification times cargo compares.
    output(Command::new("tar").args(["--no-same-owner", "-xf"]).arg(&tar).arg("-C").arg(at.join("target")))?;
    fs::remove_file(&tar).context("remove the seed's archive")?;
    no_artifact_of_the_lab(&at.join("target"), &plan.package)?;
    open_for_all(at)?;
    write(&at.join("key"), plan.key.as_bytes())?;
    fs::rename(folder.keep(), dir).with_context(|| format!("rename the seed to {}", dir.display()))
}

/// Removes seeds of the same lab that nobody uses.
pub(super) fn remove_old(seeds: &Path, id: &str) -> Result<()> {
    for entry in fs::read_dir(seeds).with_context(|| format!("list {}", seeds.display()))? {
        let path = entry.context("list the seeds")?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let unused = File::open(path.join("key")).map(|key| key.try_lock().is_ok()).unwrap_or(true);
        if (name.starts_with(&format!("{id}-")) && unused) || name.starts_with(".making-") {
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
    let config = format!(
        "[source.crates-io]\nreplace-with = \"vendored\"\n\n[source.vendored]\ndirectory = \"{}\"\n",
        inside::VENDOR
    );
    fs::create_dir_all(&vendor).context("create the folder of vendored sources")?;
    write(&at.join("cargo-home/config.toml"), config.as_bytes())
}

/// Compiles the stage with its placeholder in the sandbox, then removes the placeholder's artifacts.
fn compile(plan: &Plan, at: &Path, level: Level) -> Result<Vec<u8>> {
    let script = format!(
        "set -e; {build}; {cargo} clean --offline --frozen --package {package}; tar -C {target} -cf /out/seed.tar .",
        build = build_command(&plan.package).join(" "),
        cargo = build_command(&plan.package)[0],
        package = plan.package,
        target = inside::TARGET,
    );
    let argv = ["/bin/sh", "-c", &script].map(str::to_owned).to_vec();
    let mut spec = Spec::new(Job::Exec { argv, cwd: inside::STAGE.into() });
    spec.level = Some(level);
    spec.ro = binds(at, &plan.toolchain);
    spec.tmpfs = vec![Tmpfs::new(inside::TARGET, 1024), Tmpfs::new("/out", 1024)];
    spec.env = build_env();
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

fn no_artifact_of_the_lab(target: &Path, package: &str) -> Result<()> {
    let names = [package.to_owned(), package.replace('-', "_")];
    let mut folders = vec![target.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("list {}", folder.display()))? {
            let entry = entry.with_context(|| format!("list {}", folder.display()))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if names.iter().any(|part| name.contains(part.as_str())) {
                bail!("the seed holds an artifact of the lab: {}", entry.path().display());
            }
            if entry.file_type().context("look at the seed")?.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    Ok(())
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
