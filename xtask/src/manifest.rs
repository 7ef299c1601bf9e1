//! Pure: `lab.toml`, the one home of a lab's points, names and limits. Its types, and the rules it keeps.
//!
//! [`parse()`] gives a [`Manifest`] or every [`Problem`] with its line.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;

pub mod order;
mod parse;

pub use parse::parse;

/// The points of every lab.
pub const POINTS: u32 = 100;

/// A lab, as `lab.toml` says it.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// `01`.
    pub id: String,
    /// `pipeline-shell`: with the id, the name of the folder.
    pub slug: String,
    /// For people.
    pub title: String,
    /// What the student can do afterwards, in one sentence.
    pub outcome: String,
    /// How long it takes.
    pub hours: f64,
    /// The lecture crate it needs.
    pub lecture: String,
    /// Its place in the recommended order of study, from 1.
    pub study: u32,
    /// The labs that come before it, by their ids.
    pub needs: Vec<String>,
    /// The programs' contract names.
    pub programs: Vec<String>,
    /// Globs of the files a student may change, relative to the lab's folder.
    pub editable: Vec<String>,
    /// Globs of files that are given, although a glob of `editable` covers them.
    pub given: Vec<String>,
    /// The points the starter gets.
    pub floor: u32,
    /// Limits of the programs under test.
    pub limits: Limits,
    /// In the order of work.
    pub milestones: Vec<Milestone>,
}

/// What a lab's programs may use when they are graded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// `RLIMIT_NPROC` of the run sandbox.
    pub processes: u32,
    /// Memory of the whole tree, in MiB.
    pub memory_mib: u32,
    /// Whether `memfd_create(2)` is allowed; its memory escapes the sum of resident sets.
    pub memfd: bool,
    /// Most descriptors of one process.
    pub descriptors: u32,
    /// Whether programs that a check starts one by one are kept apart: they may not signal each other, nor meet at
    /// abstract sockets (Landlock).
    pub scopes: bool,
}

impl Default for Limits {
    fn default() -> Self {
        // What most labs need: a handful of workers, no large buffers.
        Self { processes: 64, memory_mib: 256, memfd: false, descriptors: 256, scopes: true }
    }
}

/// A step of the lab.
#[derive(Debug, Clone, PartialEq)]
pub struct Milestone {
    /// `m2`.
    pub id: String,
    /// The spec module: `m2_pipe`.
    pub module: String,
    /// For people.
    pub title: String,
    /// How long it takes.
    pub hours: f64,
    /// Its checks, in the order of the report.
    pub checks: Vec<Check>,
}

impl Milestone {
    /// The sum of its checks' points.
    #[must_use]
    pub fn points(&self) -> u32 {
        self.checks.iter().map(|check| check.points).sum()
    }
}

/// One promise, one test function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// With its module: `m2_pipe::the_reader_sees_the_end`.
    pub name: String,
    /// What it is worth.
    pub points: u32,
    /// Whether the student's code runs in one process with what judges it, as a model checker does. Such a check can be
    /// fooled where a black box cannot, so whoever reads a grade is told.
    pub in_process: bool,
}

impl Check {
    /// The name as a sentence: `the reader sees the end`; with a label, if the check is no black box.
    #[must_use]
    pub fn sentence(&self) -> String {
        let label = if self.in_process { " (in-process check)" } else { "" };
        sentence(&self.name) + label
    }
}

/// The sentence in a check's name, without its module.
#[must_use]
pub fn sentence(name: &str) -> String {
    name.rsplit("::").next().unwrap_or(name).replace('_', " ")
}

impl Manifest {
    /// The folder's name: `01-pipeline-shell`.
    #[must_use]
    pub fn folder(&self) -> String {
        format!("{}-{}", self.id, self.slug)
    }

    /// The package a student edits: `lab01-pipeline-shell`.
    #[must_use]
    pub fn package(&self) -> String {
        format!("lab{}", self.folder())
    }

    /// The reference's package: `sol01-pipeline-shell`.
    #[must_use]
    pub fn solution_package(&self) -> String {
        format!("sol{}", self.folder())
    }

    /// Whether a student may change the file at this path, relative to the lab's folder.
    #[must_use]
    pub fn is_editable(&self, path: &str) -> bool {
        let names = |globs: &[String]| {
            globs.iter().any(|glob| glob::Pattern::new(glob).is_ok_and(|pattern| pattern.matches(path)))
        };
        names(&self.editable) && !names(&self.given)
    }

    /// All checks, in order.
    pub fn checks(&self) -> impl Iterator<Item = &Check> {
        self.milestones.iter().flat_map(|milestone| &milestone.checks)
    }

    /// The milestone a check belongs to.
    #[must_use]
    pub fn milestone_of(&self, check: &str) -> Option<&Milestone> {
        self.milestones.iter().find(|milestone| milestone.checks.iter().any(|c| c.name == check))
    }
}

/// One thing wrong in `lab.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its line, from 1.
    pub line: usize,
    /// What is wrong.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.text)
    }
}

/// Compares `lab.toml` with the names `--list` gave: each line is a check without points, or points without
/// a check.
#[must_use]
pub fn compare(manifest: &Manifest, listed: &BTreeSet<String>) -> Vec<String> {
    let declared: BTreeSet<&String> = manifest.checks().map(|check| &check.name).collect();
    let without_points = listed.iter().filter(|name| !declared.contains(name));
    let without_check = declared.iter().filter(|name| !listed.contains(**name));
    without_points
        .map(|name| format!("the check {name} has no points in lab.toml"))
        .chain(without_check.map(|name| format!("lab.toml gives points to {name}, which no test is named")))
        .collect()
}
