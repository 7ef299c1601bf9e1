//! The sample class: the reference, the starter, the alternative and some mutants, each with what is expected of it.
//! It shows a grader at work, and that the checks tell right from wrong. (`verify` runs every mutant.)

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::exit::{bad_input, usage};
use crate::grade::{Member, Work};
use crate::intake::{self, Files, rules::Rules};
use crate::manifest::Manifest;
use crate::mutants;
use crate::patch::{self, Mutant};
use crate::score::{Entry, Expect, HandedIn, Standing};
use crate::starter::rename;
use crate::workspace::{Lab, Workspace};

/// Makes the class, with the mutants of these names; without a name, with one for each milestone.
///
/// # Errors
/// When this checkout has no solutions, a file cannot be read, or no mutant has such a name.
pub fn members(workspace: &Workspace, lab: &Lab, rules: &Rules, mutants: &[String]) -> Result<Vec<Member>> {
    let Some(solution) = &lab.solution else {
        return Err(bad_input(format!(
            "lab {}: the sample class is made from solutions/, which this checkout does not have; \
             name a folder of submissions",
            lab.manifest.id
        )));
    };
    let reference = files(solution, rules)?;
    let renamed = |files: &Files| -> Files {
        let text = |bytes: &Vec<u8>| rename(&String::from_utf8_lossy(bytes), &lab.manifest).into_bytes();
        files.iter().map(|(path, bytes)| (path.clone(), text(bytes))).collect()
    };
    let floor = Expect::Floor(lab.manifest.floor);
    let mut members = vec![
        member("reference", renamed(&reference), Expect::Full),
        member("starter", files(&lab.dir, rules)?, floor),
    ];
    let alternative = solution.join("alternative");
    if alternative.is_dir() {
        let mut handed_in = files(&lab.dir, rules)?;
        handed_in.extend(renamed(&files(&alternative, rules)?));
        members.push(member("alternative", handed_in, Expect::Full));
    }
    for mutant in chosen(mutants::load(workspace, lab)?, &lab.manifest, mutants)? {
        let mut files = reference.clone();
        let changed = changed(&mutant, &reference);
        files.extend(changed.clone().unwrap_or_default());
        let expect = Expect::CaughtBy(mutant.catches);
        let mut member = member(&format!("mutant {}", mutant.name), renamed(&files), expect);
        member.entry.refused = changed.err().map(|why| format!("its patch does not fit: {why}"));
        members.push(member);
    }
    Ok(members)
}

/// The mutants of these names, or all; without a name, the first one of each milestone, by the first check that must catch it.
fn chosen(all: Vec<Mutant>, manifest: &Manifest, names: &[String]) -> Result<Vec<Mutant>> {
    if names.iter().any(|name| name == "all") {
        return Ok(all);
    }
    if let Some(name) = names.iter().find(|name| all.iter().all(|mutant| mutant.name != **name)) {
        return Err(usage(format!("lab {} has no mutant `{name}`", manifest.id)));
    }
    let mut seen = BTreeSet::new();
    let mut is_first = |mutant: &Mutant| {
        let milestone = mutant.catches.first().and_then(|check| manifest.milestone_of(check));
        milestone.is_some_and(|milestone| seen.insert(milestone.id.clone()))
    };
    let is_chosen = |mutant: &Mutant| match names {
        [] => is_first(mutant),
        names => names.contains(&mutant.name),
    };
    Ok(all.into_iter().filter(is_chosen).collect())
}

fn member(name: &str, files: Files, expect: Expect) -> Member {
    let entry = Entry {
        name: name.to_owned(),
        notes: Vec::new(),
        refused: None,
        standing: Standing::HandedIn,
        work: String::new(),
        handed_in: HandedIn::default(),
        expect: Some(expect),
    };
    Member { entry, work: Work::Here(files) }
}

/// The editable files of a lab, a solution or an alternative, taken like a submission.
fn files(folder: &Path, rules: &Rules) -> Result<Files> {
    let mut files = Files::new();
    let taken = intake::walk::list(folder).with_context(|| format!("list {}", folder.display()))?.0;
    for entry in taken.into_iter().filter(|entry| rules.is_editable(&entry.name)) {
        let path = folder.join(&entry.path);
        files.insert(entry.name, fs::read(&path).with_context(|| format!("read {}", path.display()))?);
    }
    Ok(files)
}

/// The files a mutant changes; or, in a sentence, why its patch does not fit.
fn changed(mutant: &Mutant, reference: &Files) -> Result<Files, String> {
    let texts: BTreeMap<String, String> = reference
        .iter()
        .map(|(path, bytes)| (path.clone(), String::from_utf8_lossy(bytes).into_owned()))
        .collect();
    let changed = patch::apply(mutant, &texts)?;
    Ok(changed.into_iter().map(|(path, text)| (path, text.into_bytes())).collect())
}
