//! What the students of a made class hand in for a lab, with what each must get.

use anyhow::{Context as _, Result};
use fastrand::Rng;

use super::cheats::cheats;
use super::expected::Expected;
use crate::grade::rules;
use crate::intake::Files;
use crate::sample;
use crate::score::Expect;
use crate::workspace::{Lab, Workspace};

/// The library's root, which a student may change in every lab; the programs are given.
pub(super) const ROOT: &str = "src/lib.rs";
/// More than an editable file may have, in bytes.
const BOMB: usize = 8 << 20;

/// A student's work on a lab.
#[derive(Debug, Clone)]
pub(super) struct Work {
    /// The files, by path in the lab; none for an empty hand-in.
    pub(super) files: Files,
    /// What it must get.
    pub(super) expected: Expected,
}

/// What can be handed in for a lab.
#[derive(Debug)]
pub(super) struct Works {
    right: Vec<Work>,
    starter: Work,
    mutants: Vec<Work>,
    unfinished: Vec<Work>,
    refused: Vec<Work>,
    cheats: Vec<Work>,
    meddling: Work,
}

impl Works {
    /// Makes them from the lab's solutions.
    ///
    /// # Errors
    /// When this checkout has no solutions, or a file cannot be read.
    pub(super) fn new(workspace: &Workspace, lab: &Lab) -> Result<Self> {
        let members = sample::members(workspace, lab, &rules(lab)?, &["all".to_owned()])?;
        let (mut right, mut starters, mut mutants) = (Vec::new(), Vec::new(), Vec::new());
        for member in members {
            let (list, expected) = match &member.entry.expect {
                Some(Expect::Full) => (&mut right, Expected::Points(100)),
                Some(Expect::Floor(points)) => (&mut starters, Expected::Points(*points)),
                Some(Expect::CaughtBy(checks)) => (&mut mutants, Expected::CaughtBy(checks.clone())),
                None => continue,
            };
            list.push(Work { files: member.work.files()?.into_owned(), expected });
        }
        if mutants.is_empty() {
            // A lab that is still being written may have none.
            mutants.clone_from(&right);
        }
        let starter = starters.pop().context("the sample class has no starter")?;
        let reference = right.first().context("the sample class has no reference")?.clone();
        Ok(Self {
            unfinished: unfinished(&reference),
            refused: refused(),
            cheats: cheats(&starter),
            meddling: meddling(&reference),
            right,
            starter,
            mutants,
        })
    }

    /// The files of the reference are handed in for another lab, too.
    pub(super) fn mistake_for(&mut self, other: &Self) {
        let files = other.right[0].files.clone();
        self.unfinished.push(Work { files, expected: Expected::DoesNotCompile });
    }

    /// What one of the class hands in: a third is right, a fifth is a mutant, the rest is what else comes.
    pub(super) fn any(&self, rng: &mut Rng) -> Work {
        let of = |works: &[Work], rng: &mut Rng| works[rng.usize(0..works.len())].clone();
        match rng.u32(0..100) {
            0..33 => of(&self.right, rng),
            33..55 => of(&self.mutants, rng),
            55..67 => self.starter.clone(),
            67..80 => of(&self.unfinished, rng),
            80..87 => self.meddling.clone(),
            87..93 => of(&self.cheats, rng),
            _ => of(&self.refused, rng),
        }
    }

    /// Only what compiles.
    pub(super) fn plain(&self, rng: &mut Rng) -> Work {
        match rng.u32(0..100) {
            0..40 => self.right[rng.usize(0..self.right.len())].clone(),
            40..60 => self.starter.clone(),
            _ => self.mutants[rng.usize(0..self.mutants.len())].clone(),
        }
    }
}

/// Half a program, and one that looks for the checks while it is compiled.
fn unfinished(reference: &Work) -> Vec<Work> {
    let half = |text: &str| {
        let lines: Vec<&str> = text.lines().collect();
        format!("{}\nfn to_be_done(", lines[..lines.len() / 2].join("\n"))
    };
    let spying = |text: &str| {
        format!(
            "{text}\nconst _: &str = include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/tests/main.rs\"));\n"
        )
    };
    [&half as &dyn Fn(&str) -> String, &spying]
        .map(|change| {
            let changed = |(path, bytes): (&String, &Vec<u8>)| {
                let bytes = match path == ROOT {
                    true => change(&String::from_utf8_lossy(bytes)).into_bytes(),
                    false => bytes.clone(),
                };
                (path.clone(), bytes)
            };
            Work { files: reference.files.iter().map(changed).collect(), expected: Expected::DoesNotCompile }
        })
        .into()
}

/// Nothing, nothing of a lab, and a file that no student writes.
fn refused() -> Vec<Work> {
    let expected = Expected::Points(0);
    let letter = Files::from([("letter.txt".to_owned(), b"My dog ate it.\n".to_vec())]);
    let bomb = Files::from([(ROOT.to_owned(), vec![b' '; BOMB])]);
    [Files::new(), letter, bomb].map(|files| Work { files, expected: expected.clone() }).into()
}

/// A right answer with a build script, a manifest and a test of its own: none of them is taken.
fn meddling(reference: &Work) -> Work {
    let mut work = reference.clone();
    let script = b"fn main() { panic!(\"a build script of a student ran\") }\n".to_vec();
    work.files.insert("build.rs".to_owned(), script);
    work.files.insert("Cargo.toml".to_owned(), b"[package]\nname = \"mine\"\n".to_vec());
    work.files.insert("tests/main.rs".to_owned(), b"#[test]\nfn all_is_well() {}\n".to_vec());
    work
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_lab_has_works_of_each_kind() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let workspace = Workspace { root };
        for lab in workspace.labs().unwrap() {
            let works = Works::new(&workspace, &lab).unwrap();
            assert_eq!(works.right.len(), 2, "{}", lab.manifest.id);
            assert!(works.mutants.len() >= 20);
            let reference = &works.right[0].files;
            assert!(works.unfinished.iter().all(|work| work.files[ROOT] != reference[ROOT]));
        }
    }
}
