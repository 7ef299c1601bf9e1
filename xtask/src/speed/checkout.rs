//! A student's checkout in which one submission after the other is put and tested by cargo, without the grader.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use super::usage::{Done, Used, measured};
use crate::compile::cargo;
use crate::intake::Files;
use crate::intake::walk::{self, Kind};
use crate::pristine;
use crate::workspace::{Lab, Workspace};

/// One submission to one lab.
pub(super) struct Work {
    lab: Lab,
    files: Files,
}

impl Work {
    /// A submission that is not from a class.
    pub(super) fn new(lab: Lab, files: Files) -> Self {
        Self { lab, files }
    }
}

/// The works in a class that `class --plain` has made: `STUDENT/labs/NN-topic/…`.
pub(super) fn works(class: &Path, labs: &[Lab]) -> Result<Vec<Work>> {
    let mut students: Vec<PathBuf> = fs::read_dir(class)
        .with_context(|| format!("list {}", class.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .context("list the class")?;
    students.sort();
    let mut works = Vec::new();
    for student in students {
        for lab in labs {
            let folder = student.join("labs").join(lab.manifest.folder());
            if folder.is_dir() {
                works.push(Work { lab: lab.clone(), files: files(&folder)? });
            }
        }
    }
    ensure!(!works.is_empty(), "the class in {} is empty", class.display());
    Ok(works)
}

fn files(folder: &Path) -> Result<Files> {
    let entries = walk::list(folder).with_context(|| format!("list {}", folder.display()))?.0;
    let read = |entry: walk::Entry| {
        let path = folder.join(&entry.path);
        Ok((entry.name, fs::read(&path).with_context(|| format!("read {}", path.display()))?))
    };
    entries.into_iter().filter(|entry| entry.kind == Kind::File).map(read).collect()
}

/// The checkout.
pub(super) struct Checkout {
    pub(super) course: PathBuf,
}

impl Checkout {
    /// Compiles a lab's specification, and all that it stands on, into `target`.
    pub(super) fn compile(&self, workspace: &Workspace, lab: &Lab, target: &Path) -> Result<()> {
        let (done, _) = measured(self.command(workspace, lab, target).arg("--no-run"), &[])?;
        ensure!(done.status.success(), "cargo test --no-run: {}: {}", done.status, done.last_words());
        Ok(())
    }

    /// Puts the work in its place and lets cargo test it. Only cargo's time counts.
    pub(super) fn test(&self, workspace: &Workspace, work: &Work, target: &Path) -> Result<Used> {
        self.put(workspace, work)?;
        let (done, used) = measured(&mut self.command(workspace, &work.lab, target), &[target])?;
        // Whether the checks pass is the submission's affair; that they were run is ours.
        if !ran(&done) {
            bail!("cargo test in lab {}: {}: {}", work.lab.manifest.id, done.status, done.last_words());
        }
        Ok(used)
    }

    /// What runs a lab's checks without the runner. The specification has to be named: labs keep it out of the usual tests,
    /// in which a starter would fail.
    pub(super) fn command(&self, workspace: &Workspace, lab: &Lab, target: &Path) -> Command {
        let mut command = cargo(workspace);
        command.args(["test", "--offline", "--test", "spec", "--package", &lab.manifest.package()]);
        command.current_dir(&self.course).env("CARGO_TARGET_DIR", target);
        command
    }

    /// Every source of the lab anew: what the submission before brought is gone, and cargo sees that all have changed.
    pub(super) fn put(&self, workspace: &Workspace, work: &Work) -> Result<()> {
        let lab = self.course.join("labs").join(work.lab.manifest.folder());
        let sources = lab.join("src");
        fs::remove_dir_all(&sources).with_context(|| format!("empty {}", sources.display()))?;
        let given: BTreeMap<String, String> = pristine::load(workspace, &work.lab)?;
        let given = given.into_iter().filter(|(path, _)| path.starts_with("src/"));
        let given = given.map(|(path, text)| (path, text.into_bytes()));
        let mut files: Files = given.collect();
        files.extend(work.files.clone());
        for (path, bytes) in files {
            let path = lab.join(path);
            let folder = path.parent().context("a file has a folder")?;
            fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
            fs::write(&path, bytes).with_context(|| format!("write {}", path.display()))?;
        }
        Ok(())
    }
}

/// Whether libtest came to its end.
fn ran(done: &Done) -> bool {
    done.stdout.lines().any(|line| line.starts_with("test result: "))
}
