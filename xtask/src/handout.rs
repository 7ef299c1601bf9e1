//! `handout`: a student's checkout. Everything git knows of, but of `solutions/` only its README; with a lock
//! file that fits, so that `cargo build --locked` works.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::cli::HandoutArgs;
use crate::compile::cargo;
use crate::exit::{Exit, bad_input, usage};
use crate::workspace::{Lab, Workspace};
use crate::{pristine, readme, starters};

/// The one file of `solutions/` that a student gets: it also keeps the workspace's glob valid.
const KEPT: &str = "solutions/README.md";

/// Writes the handout into a new folder.
///
/// # Errors
/// When the folder holds something, the course is no git checkout, or a file cannot be copied.
pub fn run(workspace: &Workspace, args: &HandoutArgs) -> anyhow::Result<Exit> {
    let dir = std::path::absolute(&args.dir).with_context(|| format!("find {}", args.dir.display()))?;
    if dir.starts_with(&workspace.root) {
        return Err(usage(format!("{}: the handout must not lie inside the course", args.dir.display())));
    }
    if fs::read_dir(&dir).is_ok_and(|mut entries| entries.next().is_some()) || dir.is_file() {
        return Err(bad_input(format!("{}: is not empty; name a new folder", args.dir.display())));
    }
    let parent = dir.parent().context("a handout needs a folder to lie in")?;
    fs::create_dir_all(parent).with_context(|| format!("make {}", parent.display()))?;
    // Made beside its place and renamed at the end: a handout is there whole or not at all.
    let unfinished = tempfile::Builder::new()
        .prefix(".handout-")
        .tempdir_in(parent)
        .with_context(|| format!("make a folder in {}", parent.display()))?;
    let count = write(workspace, unfinished.path())?;
    let place = unfinished.keep();
    publish(&place, &dir)?;
    anstream::println!("{}: {count} files, no solutions", args.dir.display());
    Ok(Exit::Done)
}

/// Writes the handout into an empty folder outside the course; gives the number of its files.
///
/// # Errors
/// When the course is no git checkout, or a file cannot be copied.
pub(crate) fn write(workspace: &Workspace, dir: &Path) -> anyhow::Result<usize> {
    let mut count = 0;
    for path in tracked(workspace)?.iter().filter(|path| is_for_students(path)) {
        let (from, to) = (workspace.root.join(path), dir.join(path));
        copy(&from, &to).with_context(|| format!("copy {path}"))?;
        count += 1;
    }
    hide_mutants(dir)?;
    for lab in workspace.labs()?.iter().filter(|lab| lab.solution.is_some()) {
        keep_starter(workspace, lab, dir)?;
        count += 1;
    }
    prune(workspace, dir)?;
    Ok(count)
}

/// Whether a file of the course goes to students.
fn is_for_students(path: &str) -> bool {
    // An author who played the lab may have committed the progress by mistake.
    path == KEPT || !(path.starts_with("solutions/") || path.starts_with(".ipc-labs/"))
}

/// The files git tracks; what lies around besides (grades, notes) is nobody's business.
fn tracked(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached"])
        .current_dir(&workspace.root)
        .stdin(Stdio::null())
        .output()
        .context("run git")?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(bad_input(format!("{}: {}", workspace.root.display(), why.trim())));
    }
    let text = String::from_utf8(output.stdout).context("read git's list of files")?;
    let present = |path: &&str| !path.is_empty() && workspace.root.join(path).is_file();
    Ok(text.split('\0').filter(present).map(str::to_owned).collect())
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let dir = to.parent().context("a file has a folder")?;
    fs::create_dir_all(dir).context("make its folder")?;
    fs::copy(from, to).context("copy its bytes")?;
    Ok(())
}

/// A list of mutants is a list of answers: which bug each check looks for.
fn hide_mutants(dir: &Path) -> anyhow::Result<()> {
    let path = dir.join(KEPT);
    let text = fs::read_to_string(&path).with_context(|| format!("read {KEPT}"))?;
    let text =
        readme::replace(&text, "mutants", "Not in a student's checkout.\n").map_err(anyhow::Error::msg)?;
    fs::write(&path, text).with_context(|| format!("write {KEPT}"))
}

/// Writes the copy that `reset` restores from. It is made anew from the solution; a lab whose files differ, say
/// because its author has played it, is not handed out.
fn keep_starter(workspace: &Workspace, lab: &Lab, dir: &Path) -> anyhow::Result<()> {
    if let Some(path) = starters::differences(workspace, lab)?.keys().next() {
        let place = lab.dir.join("src").join(path);
        let shown = workspace.shown(&place);
        return Err(bad_input(format!("{shown}: not the starter's; run `cargo xtask starters`")));
    }
    let place = dir.join("labs").join(lab.manifest.folder()).join(pristine::FILE);
    let mut given = pristine::load(workspace, lab)?;
    // What git does not know was not handed out.
    given.retain(|path, _| dir.join("labs").join(lab.manifest.folder()).join(path).is_file());
    let text = pristine::text(&given)?;
    fs::write(&place, text).with_context(|| format!("write {}", place.display()))
}

/// Lets cargo drop from the lock file what only solutions used, then proves that it is locked.
fn prune(workspace: &Workspace, dir: &Path) -> anyhow::Result<()> {
    for lock in [&["--offline"][..], &["--offline", "--locked"]] {
        let output = cargo(workspace)
            .args(["metadata", "--format-version", "1"])
            .args(lock)
            .current_dir(dir)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .output()
            .context("run cargo metadata")?;
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            let advice =
                if why.contains("--offline") { "\nrun `cargo fetch` where there is a network" } else { "" };
            bail!("the handout's Cargo.lock: {}{advice}", why.trim());
        }
    }
    Ok(())
}

fn publish(place: &PathBuf, dir: &PathBuf) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    // A temporary folder is private; a handout is not.
    fs::set_permissions(place, fs::Permissions::from_mode(0o755)).context("open the handout to readers")?;
    // An empty folder may stand there; rename(2) replaces it.
    fs::rename(place, dir).with_context(|| format!("rename to {}", dir.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("labs/01-pipeline-shell/src/lib.rs", true)]
    #[case("solutions/README.md", true)]
    #[case(".ipc-labs/progress.json", false)]
    #[case("solutions/01-pipeline-shell/src/lib.rs", false)]
    #[case("solutions/01-pipeline-shell/mutants/x.patch", false)]
    fn students_get_no_solutions(#[case] path: &str, #[case] expected: bool) {
        assert_eq!(is_for_students(path), expected);
    }
}
