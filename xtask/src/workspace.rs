//! Where things are: the root, the labs, the solutions (a student's checkout has none), `target/`.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::exit::{self, Exit, bad_input, usage};
use crate::manifest::{self, Manifest};

/// The course on disk.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// The folder with the workspace's `Cargo.toml`.
    pub root: PathBuf,
}

/// A lab on disk.
#[derive(Debug, Clone)]
pub struct Lab {
    /// Its `lab.toml`.
    pub manifest: Manifest,
    /// `labs/01-pipeline-shell`.
    pub dir: PathBuf,
    /// `solutions/01-pipeline-shell`, if this checkout has it.
    pub solution: Option<PathBuf>,
}

impl Workspace {
    /// Finds the root at or above the current folder.
    ///
    /// # Errors
    /// When no folder above has `labs/` and a workspace manifest.
    pub fn find() -> anyhow::Result<Self> {
        let here = env::current_dir().context("find the current folder")?;
        let root = here.ancestors().find(|dir| is_root(dir)).ok_or_else(|| {
            bad_input(format!(
                "{}: neither here nor above is a folder with labs/ and Cargo.toml",
                here.display()
            ))
        })?;
        Ok(Self { root: root.to_owned() })
    }

    /// All labs, by id.
    ///
    /// # Errors
    /// When `labs/` cannot be read, or a `lab.toml` is wrong.
    pub fn labs(&self) -> anyhow::Result<Vec<Lab>> {
        self.lab_dirs()?.iter().map(|dir| self.load(dir)).collect()
    }

    /// The lab with this id (`01`, `1`) or folder name.
    ///
    /// # Errors
    /// When there is none, or its `lab.toml` is wrong.
    pub fn lab(&self, wanted: &str) -> anyhow::Result<Lab> {
        let dirs = self.lab_dirs()?;
        let padded = format!("{wanted:0>2}");
        let is_wanted = |dir: &&PathBuf| {
            let name = folder_name(dir);
            name == wanted || name.split_once('-').is_some_and(|(id, slug)| id == padded || slug == wanted)
        };
        let dir = dirs.iter().find(is_wanted).ok_or_else(|| {
            let known: Vec<_> = dirs.iter().map(|dir| folder_name(dir)).collect();
            usage(format!("there is no lab `{wanted}`; the labs are: {}", known.join(", ")))
        })?;
        self.load(dir)
    }

    /// The labs that were named, each once, by id; all of them when none was.
    ///
    /// # Errors
    /// When there is none of a name, or a `lab.toml` is wrong.
    pub fn labs_or_all(&self, wanted: &[String]) -> anyhow::Result<Vec<Lab>> {
        if wanted.is_empty() {
            return self.labs();
        }
        let mut named = BTreeMap::new();
        for wanted in wanted {
            let lab = self.lab(wanted)?;
            named.insert(lab.manifest.id.clone(), lab);
        }
        Ok(named.into_values().collect())
    }

    /// What a command is about when no lab was named: the lab of the current folder, or the only lab.
    ///
    /// # Errors
    /// When that is not clear.
    pub fn lab_or_here(&self, wanted: Option<&str>) -> anyhow::Result<Lab> {
        if let Some(wanted) = wanted {
            return self.lab(wanted);
        }
        let dirs = self.lab_dirs()?;
        match (self.lab_of_folder()?, dirs.as_slice()) {
            (Some(dir), _) => self.load(&dir),
            (None, [dir]) => self.load(dir),
            _ => Err(usage("which lab? Name it (`cargo xtask check 01`) or go into its folder")),
        }
    }

    /// The folder of the lab in which the user is.
    ///
    /// # Errors
    /// When there is no current folder any more.
    pub fn lab_of_folder(&self) -> anyhow::Result<Option<PathBuf>> {
        let here = env::current_dir().context("find the current folder")?;
        Ok(self.lab_dirs()?.into_iter().find(|dir| here.starts_with(dir)))
    }

    /// The lab, and what is named after it. In a lab's folder the lab need not be named: `check m3`, `hint m3`. `is_part`
    /// says whether a lab has such a part.
    ///
    /// # Errors
    /// When there is no such lab.
    pub fn lab_and_part<'a>(
        &self,
        lab: Option<&'a str>,
        part: Option<&'a str>,
        is_part: impl Fn(&Lab, &str) -> bool,
    ) -> anyhow::Result<(Lab, Option<&'a str>)> {
        let (Some(word), None) = (lab, part) else { return Ok((self.lab_or_here(lab)?, part)) };
        let error = match self.lab(word) {
            Err(error) if exit::of_error(&error) == Exit::Usage => error,
            lab => return Ok((lab?, None)),
        };
        match self.lab_or_here(None) {
            Ok(lab) if is_part(&lab, word) => Ok((lab, Some(word))),
            _ => Err(error),
        }
    }

    /// `target/ipc-labs`: what the runner keeps between calls, and can make again.
    #[must_use]
    pub fn state_dir(&self) -> PathBuf {
        self.target().join("ipc-labs")
    }

    /// `.ipc-labs`: what must outlive `cargo clean`.
    #[must_use]
    pub fn progress_dir(&self) -> PathBuf {
        self.root.join(".ipc-labs")
    }

    /// Cargo's target folder.
    #[must_use]
    pub fn target(&self) -> PathBuf {
        match env::var_os("CARGO_TARGET_DIR") {
            Some(dir) => self.root.join(dir),
            None => self.root.join("target"),
        }
    }

    /// A path for people: relative to the root.
    #[must_use]
    pub fn shown<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }

    /// The folder names of all labs: `01-pipeline-shell`.
    ///
    /// # Errors
    /// When `labs/` cannot be read.
    pub fn lab_names(&self) -> anyhow::Result<Vec<String>> {
        Ok(self.lab_dirs()?.iter().map(|dir| folder_name(dir).to_owned()).collect())
    }

    fn lab_dirs(&self) -> anyhow::Result<Vec<PathBuf>> {
        let labs = self.root.join("labs");
        let mut dirs = Vec::new();
        for entry in fs::read_dir(&labs).with_context(|| format!("list {}", labs.display()))? {
            let path = entry.with_context(|| format!("list {}", labs.display()))?.path();
            if path.is_dir() && folder_name(&path).starts_with(|first: char| first.is_ascii_digit()) {
                dirs.push(path);
            }
        }
        dirs.sort();
        Ok(dirs)
    }

    fn load(&self, dir: &Path) -> anyhow::Result<Lab> {
        let path = dir.join("lab.toml");
        let text = fs::read_to_string(&path)
            .map_err(|error| bad_input(format!("{}: {error}", self.shown(&path))))?;
        let manifest = manifest::parse(&text).map_err(|problems| {
            let lines: Vec<_> =
                problems.iter().map(|p| format!("{}:{}: {}", self.shown(&path), p.line, p.text)).collect();
            bad_input(lines.join("\n"))
        })?;
        if manifest.folder() != folder_name(dir) {
            return Err(bad_input(format!(
                "{}: id and slug name the folder {}, not this one",
                self.shown(&path),
                manifest.folder()
            )));
        }
        let solution = self.root.join("solutions").join(folder_name(dir));
        Ok(Lab {
            manifest,
            dir: dir.to_owned(),
            solution: solution.join("Cargo.toml").is_file().then_some(solution),
        })
    }
}

fn is_root(dir: &Path) -> bool {
    dir.join("labs").is_dir()
        && fs::read_to_string(dir.join("Cargo.toml")).is_ok_and(|text| text.contains("[workspace]"))
}

fn folder_name(dir: &Path) -> &str {
    dir.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}
