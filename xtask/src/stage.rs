//! A copy of the workspace with one lab in it, to build other people's `src/` on: mutants, the alternative.
//! One target folder for all of them and for all labs, so that dependencies are compiled once; each program is copied
//! out before the next build replaces it. For our own texts only: no sandbox.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::compile::{self, Wanted};
use crate::family::Family;
use crate::files;
use crate::workspace::{Lab, Workspace};

/// The staged workspace of one lab.
#[derive(Debug)]
pub struct Stage<'a> {
    workspace: &'a Workspace,
    lab: &'a Lab,
    family: &'a Family,
    dir: PathBuf,
    _lock: File,
}

impl<'a> Stage<'a> {
    /// Lays it out in `target/ipc-labs/stage-ID`.
    ///
    /// # Errors
    /// When files cannot be copied, or another run has the stage: each would build what the other has laid out.
    pub fn new(workspace: &'a Workspace, lab: &'a Lab, family: &'a Family) -> anyhow::Result<Self> {
        let dir = workspace.state_dir().join(format!("stage-{}", lab.manifest.id));
        fs::create_dir_all(&dir).with_context(|| format!("make {}", dir.display()))?;
        let stage = Self { workspace, lab, family, _lock: files::lock(&dir)?, dir };
        let root = stage.root();
        if root.exists() {
            fs::remove_dir_all(&root).with_context(|| format!("remove {}", root.display()))?;
        }
        copy(&workspace.root.join("crates"), &root.join("crates"))?;
        copy(&lab.dir, &stage.lab_dir())?;
        for name in ["Cargo.lock", "rust-toolchain.toml", ".cargo/config.toml"] {
            let from = workspace.root.join(name);
            if from.exists() {
                files::write_atomic(&root.join(name), files::read(&from)?.as_bytes())?;
            }
        }
        let manifest = files::read(&workspace.root.join("Cargo.toml"))?;
        let mut manifest: toml::Table =
            toml::from_str(&manifest).context("read the workspace's Cargo.toml")?;
        let table = manifest.get_mut("workspace").and_then(toml::Value::as_table_mut);
        let table = table.context("Cargo.toml has no table workspace")?;
        let members = ["crates/*".to_owned(), format!("labs/{}", lab.manifest.folder())];
        table.insert("members".to_owned(), members.map(toml::Value::from).to_vec().into());
        let text = toml::to_string(&manifest).context("write the stage's Cargo.toml")?;
        files::write_atomic(&root.join("Cargo.toml"), text.as_bytes())?;
        Ok(stage)
    }

    fn root(&self) -> PathBuf {
        self.dir.join("root")
    }

    fn lab_dir(&self) -> PathBuf {
        self.root().join("labs").join(self.lab.manifest.folder())
    }

    /// Builds the lab with these files (by path below the lab's folder) and nothing else in `src/`; the
    /// programs by contract name.
    ///
    /// # Errors
    /// When it does not compile, or a file cannot be written or copied.
    pub fn build(
        &self,
        name: &str,
        texts: &BTreeMap<String, String>,
    ) -> anyhow::Result<BTreeMap<String, PathBuf>> {
        let src = self.lab_dir().join("src");
        fs::remove_dir_all(&src).with_context(|| format!("empty {}", src.display()))?;
        for (path, text) in texts {
            files::write_atomic(&self.lab_dir().join(path), text.as_bytes())?;
        }
        let manifest = &self.lab.manifest;
        let package = manifest.package();
        let target = self.workspace.state_dir().join("stage-target");
        let place = compile::Stage { root: &self.root(), target: &target, family: self.family };
        let wanted = Wanted {
            package: &package,
            programs: &manifest.programs,
            stage: Some(place),
            ..Wanted::default()
        };
        let built = compile::build(self.workspace, wanted)?;
        let mut programs = BTreeMap::new();
        for (program, from) in built.programs {
            let to = self.dir.join("bin").join(name).join(&program);
            // Removed first: a program of an earlier run may still be mapped somewhere.
            let _ = fs::remove_file(&to);
            fs::create_dir_all(to.parent().context("a program has a folder")?).context("make bin/")?;
            // A referee that is started meanwhile would hold the file open for writing for a moment.
            self.family
                .while_nobody_starts(|| fs::copy(&from, &to))
                .with_context(|| format!("copy {}", from.display()))?;
            programs.insert(program, to);
        }
        Ok(programs)
    }
}

/// Copies the regular files of a folder, but no `target`.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to).with_context(|| format!("make {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("list {}", from.display()))? {
        let entry = entry.with_context(|| format!("list {}", from.display()))?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().with_context(|| format!("look at {}", path.display()))?;
        if kind.is_dir() && entry.file_name() != "target" {
            copy(&path, &target)?;
        } else if kind.is_file() {
            fs::copy(&path, &target).with_context(|| format!("copy {}", path.display()))?;
        }
    }
    Ok(())
}
