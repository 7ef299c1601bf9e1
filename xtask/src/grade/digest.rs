//! Names for what decides a verdict: the work that was handed in, and all that judges it. Equal names, equal verdicts.

use std::env;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use sandbox::Level;
use sha2::{Digest, Sha256};

use crate::intake::Files;
use crate::intake::walk::{self, Kind};
use crate::seed;
use crate::workspace::{Lab, Workspace};

/// Raise it when verdicts are kept in another way.
const VERSION: &str = "2";

/// What specifications and submissions stand on.
const KITS: [&str; 5] = [
    "crates/testkit/src",
    "crates/sandbox/src",
    "crates/autopsy/src",
    "crates/tracer/src",
    "crates/ipc-kit/src",
];

/// Parts with their names, one after the other, so that no two lists of parts are the same bytes.
struct Parts(Sha256);

impl Parts {
    fn new() -> Self {
        Self(Sha256::new_with_prefix(VERSION))
    }

    fn add(&mut self, name: &str, bytes: &[u8]) {
        for part in [name.as_bytes(), bytes] {
            self.0.update(part.len().to_le_bytes());
            self.0.update(part);
        }
    }

    fn name(self) -> String {
        self.0.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The name of all that judges a lab: its own files, the runner, the kits, the libraries, the compiler, the sandbox's level. It is the
/// same on every machine with the same checkout.
///
/// # Errors
/// When a file of the course cannot be read.
pub(super) fn judge(workspace: &Workspace, lab: &Lab, level: Level) -> Result<String> {
    let mut parts = Parts::new();
    parts.add("level", level.word().as_bytes());
    parts.add("compiler", seed::rustc()?.as_bytes());
    let lock = workspace.root.join("Cargo.lock");
    parts.add("Cargo.lock", &fs::read(&lock).with_context(|| format!("read {}", lock.display()))?);
    // Texts for people decide nothing, but a lab has few of them, and one rule is simpler than two.
    add_folder(&mut parts, &lab.dir)?;
    for folder in KITS.map(|folder| workspace.root.join(folder)).iter().filter(|folder| folder.is_dir()) {
        add_folder(&mut parts, folder)?;
    }
    match workspace.root.join("xtask/src") {
        sources if sources.is_dir() => add_folder(&mut parts, &sources)?,
        // A course whose runner lives elsewhere.
        _ => parts.add("runner", built()?.as_bytes()),
    }
    Ok(parts.name())
}

/// When this program was built, and how large it is: it is built again whenever one of its sources has changed.
fn built() -> Result<String> {
    let path = env::current_exe().context("find this program")?;
    let metadata = fs::metadata(&path).with_context(|| format!("look at {}", path.display()))?;
    Ok(format!("{}.{} {}", metadata.mtime(), metadata.mtime_nsec(), metadata.len()))
}

fn add_folder(parts: &mut Parts, folder: &Path) -> Result<()> {
    let (mut entries, _) = walk::list(folder).with_context(|| format!("list {}", folder.display()))?;
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    for entry in entries.into_iter().filter(|entry| entry.kind == Kind::File) {
        let path = folder.join(&entry.path);
        let bytes = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
        parts.add(&entry.name, &bytes);
    }
    Ok(())
}

/// The name of these files: of each the path and every byte.
pub(super) fn content(files: &Files) -> String {
    let mut parts = Parts::new();
    for (path, bytes) in files {
        parts.add(path, bytes);
    }
    parts.name()
}

/// The name of one member's work, judged by `judge`; `content` names the files.
pub(super) fn work(judge: &str, content: &str) -> String {
    let mut parts = Parts::new();
    parts.add("judge", judge.as_bytes());
    parts.add("content", content.as_bytes());
    parts.name()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(pairs: &[(&str, &str)]) -> Files {
        pairs.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
    }

    fn of(judge: &str, files: &Files) -> String {
        work(judge, &content(files))
    }

    #[test]
    fn a_name_depends_on_every_byte_and_on_where_it_stands() {
        let names = [
            of("j", &files(&[("src/a.rs", "bc")])),
            of("k", &files(&[("src/a.rs", "bc")])),
            of("j", &files(&[("src/a.rsb", "c")])),
            of("j", &files(&[("src/a.rs", "bd")])),
            of("j", &files(&[("src/a.rs", "bc"), ("src/b.rs", "")])),
        ];
        let different: std::collections::BTreeSet<_> = names.iter().collect();
        assert_eq!(different.len(), names.len());
        assert_eq!(names[0], of("j", &files(&[("src/a.rs", "bc")])));
    }
}
