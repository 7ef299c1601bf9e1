//! Pure: a lab's catalogue of bugs, `causes.toml`: what is wrong in each, in words for a student, and which checks
//! it makes fail, and how. It is measured on the mutants (`cargo xtask causes`), and lies in the lab's folder, so
//! that it can be read where there are none. [`likely()`] finds the bug that a run looks like.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use sandbox::protocol::Verdict;
use serde::{Deserialize, Serialize};

use crate::outcome::CheckOutcome;
use crate::patch::Mutant;
use crate::prose;

mod fit;

pub use fit::{Fit, Likely, likely};

/// The catalogue's name in a lab's folder.
pub const FILE: &str = "causes.toml";

/// What stands at its top.
const HEAD: &str = "\
# What bugs that students often write look like from outside: the words, and the checks that fail.
# `cargo xtask check` looks here for a likely cause. Made by `cargo xtask causes`; do not edit.
";

/// A cause has so many lines on the screen, each of so many columns.
const LINES: usize = 2;
const ROOM: usize = 76;

/// What a starter's `todo!` says in a check's text.
pub const UNFINISHED: &str = "not yet implemented";

/// The bugs that are known of a lab, and the traces of unfinished work, which are no bugs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// In the order of their names.
    #[serde(default, rename = "bug")]
    pub bugs: Vec<Bug>,
    /// In the order of the milestones.
    #[serde(default)]
    pub unfinished: Vec<Unfinished>,
}

/// One bug.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bug {
    /// A phrase: `psh_keeps_the_write_end`.
    pub name: String,
    /// What is wrong and where to look.
    pub cause: String,
    /// The checks that fail, and how.
    pub fails: BTreeMap<String, How>,
}

/// A program that is right as far as it goes: its milestones are written one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unfinished {
    /// The last milestone that is written; `m0` for the starter.
    pub written: String,
    /// The checks that meet a `todo!`.
    pub stubs: BTreeSet<String>,
    /// The checks that fail otherwise: their stubs do nothing, and do not say so.
    pub fails: BTreeMap<String, How>,
}

/// How a check failed: its verdict, and the first of its cases that did.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct How {
    /// Fail, hang, crash or leak.
    pub verdict: Verdict,
    /// `case 2 two quotes`, of a check that has cases.
    pub case: Option<String>,
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.verdict.word())?;
        self.case.iter().try_for_each(|case| write!(f, " in {case}"))
    }
}

impl From<How> for String {
    fn from(how: How) -> Self {
        how.to_string()
    }
}

impl TryFrom<String> for How {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (word, case) = text.split_once(" in ").map_or((text.as_str(), None), |(w, c)| (w, Some(c)));
        let verdicts = [Verdict::Fail, Verdict::Hang, Verdict::Crash, Verdict::Leak];
        let verdict = verdicts.into_iter().find(|verdict| verdict.word() == word);
        let verdict = verdict.ok_or_else(|| format!("`{word}` is no way to fail"))?;
        Ok(Self { verdict, case: case.map(str::to_owned) })
    }
}

/// What one check says about a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The promise is kept.
    Kept,
    /// It is broken in this way.
    Broken(How),
    /// The code is not yet written.
    Unwritten,
}

/// What an outcome says; nothing if the check did not run, or the grader failed.
#[must_use]
pub fn seen(outcome: &CheckOutcome) -> Option<Seen> {
    match outcome.verdict {
        Verdict::Pass => Some(Seen::Kept),
        Verdict::NotRun | Verdict::GraderError => None,
        _ if outcome.text.contains(UNFINISHED) => Some(Seen::Unwritten),
        verdict => Some(Seen::Broken(How { verdict, case: outcome.case().map(str::to_owned) })),
    }
}

/// Reads a catalogue.
///
/// # Errors
/// What is wrong, with its line.
pub fn parse(text: &str) -> Result<Catalogue, String> {
    toml::from_str(text).map_err(|error| error.to_string().trim().to_owned())
}

/// The text of a catalogue.
///
/// # Errors
/// None that a catalogue can cause; a matter of the library.
pub fn render(catalogue: &Catalogue) -> Result<String, toml::ser::Error> {
    Ok(format!("{HEAD}\n{}", toml::to_string(catalogue)?))
}

/// What is wrong with a catalogue: each mutant has its entry, with its own words; each catcher is among the checks
/// that fail; each check exists.
#[must_use]
pub fn problems(catalogue: &Catalogue, mutants: &[Mutant], checks: &BTreeSet<&str>) -> Vec<String> {
    let mut problems = Vec::new();
    for mutant in mutants {
        let name = &mutant.name;
        match catalogue.bugs.iter().find(|bug| bug.name == *name) {
            None => problems.push(format!("{name} is missing")),
            Some(bug) => {
                if bug.cause != mutant.words() {
                    problems.push(format!("{name} has other words than its patch"));
                }
                if prose::hang("likely: ", &bug.cause, ROOM).len() > LINES {
                    problems.push(format!("{name} has more words than two lines hold"));
                }
                let missed = mutant.catches.iter().filter(|check| !bug.fails.contains_key(*check));
                problems.extend(missed.map(|check| format!("{name} does not fail {check}")));
            }
        }
    }
    let known = |bug: &&Bug| mutants.iter().any(|mutant| mutant.name == bug.name);
    let strangers = catalogue.bugs.iter().filter(|bug| !known(bug));
    problems.extend(strangers.map(|bug| format!("{} is no mutant", bug.name)));
    let mut named: BTreeSet<&String> = catalogue.bugs.iter().flat_map(|bug| bug.fails.keys()).collect();
    named.extend(catalogue.unfinished.iter().flat_map(|stage| stage.stubs.iter().chain(stage.fails.keys())));
    let unknown = named.into_iter().filter(|name| !checks.contains(name.as_str()));
    problems.extend(unknown.map(|name| format!("there is no check {name}")));
    problems
}

#[cfg(test)]
mod tests;
