//! What everybody in a class was given, so that it counts for nobody: the lab's own sources (the starter and the given files),
//! the lectures of the lab and of the labs before it, and `ipc-kit`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::class::{Known, Sources};
use crate::intake::walk::{self, Kind};
use crate::workspace::{Lab, Workspace};

/// Reads it for a lab.
///
/// # Errors
/// When a file of the course cannot be read.
pub fn known(workspace: &Workspace, lab: &Lab) -> Result<Known> {
    let mut known = Known::default();
    known.add(&starter(lab)?);
    for folder in heard(workspace, lab)? {
        known.add(&sources(&folder, |path| path.starts_with("src/") || path.starts_with("examples/"))?);
    }
    Ok(known)
}

/// The lab's own sources, which a submission replaces.
///
/// # Errors
/// When one cannot be read.
pub fn starter(lab: &Lab) -> Result<Sources> {
    sources(&lab.dir, |path| path.starts_with("src/") || lab.manifest.is_editable(path))
}

/// The crates that a student has seen: `ipc-kit`, and the lectures of the lab and of the labs it needs.
fn heard(workspace: &Workspace, lab: &Lab) -> Result<Vec<PathBuf>> {
    let labs = workspace.labs()?;
    let mut heard = vec![lab];
    let mut next = 0;
    while let Some(lab) = heard.get(next) {
        let is_new = |other: &&Lab| {
            lab.manifest.needs.contains(&other.manifest.id)
                && heard.iter().all(|lab| lab.manifest.id != other.manifest.id)
        };
        heard.extend(labs.iter().filter(is_new).collect::<Vec<_>>());
        next += 1;
    }
    let names = heard.iter().map(|lab| lab.manifest.lecture.as_str()).chain(["ipc-kit"]);
    let folders = names.map(|name| workspace.root.join("crates").join(name));
    // A course may have a lab whose lecture is held elsewhere, and do without the wrappers.
    Ok(folders.filter(|folder| folder.is_dir()).collect())
}

/// The Rust files of a folder whose path in it is wanted.
fn sources(folder: &Path, is_wanted: impl Fn(&str) -> bool) -> Result<Sources> {
    let listed = walk::list(folder).with_context(|| format!("list {}", folder.display()))?.0;
    let is_source = |entry: &walk::Entry| {
        entry.kind == Kind::File && entry.name.ends_with(".rs") && is_wanted(&entry.name)
    };
    let read = |entry: walk::Entry| {
        let path = folder.join(&entry.path);
        let bytes = std::fs::read(&path).with_context(|| format!("read {}", path.display()))?;
        Ok((entry.name, bytes))
    };
    listed.into_iter().filter(is_source).map(read).collect()
}
