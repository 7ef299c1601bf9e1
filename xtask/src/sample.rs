//! The sample class: the reference, the starter, each mutant and the alternative, each with what is expected
//! of it. It shows a grader at work, and shows that the checks tell right from wrong.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::exit::bad_input;
use crate::grade::Member;
use crate::intake::{self, Files, rules::Rules};
use crate::patch::{self, Mutant};
use crate::score::{Entry, Expect};
use crate::starter::rename;
use crate::workspace::Lab;

/// Makes the class.
///
/// # Errors
/// When this checkout has no solutions, or a patch does not fit.
pub fn members(lab: &Lab, rules: &Rules) -> Result<Vec<Member>> {
    let Some(solution) = &lab.solution else {
        return Err(bad_input(
            "the sample class is made from solutions/, which this checkout does not have; \
             name a folder of submissions",
        ));
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
        members.push(member("alternative", renamed(&files(&alternative, rules)?), Expect::Full));
    }
    for mutant in mutants(solution)? {
        let changed =
            changed(&mutant, &reference).with_context(|| format!("apply the mutant {}", mutant.name))?;
        let mut files = reference.clone();
        files.extend(changed);
        let expect = Expect::CaughtBy(mutant.catches);
        members.push(member(&format!("mutant {}", mutant.name), renamed(&files), expect));
    }
    Ok(members)
}

fn member(name: &str, files: Files, expect: Expect) -> Member {
    let entry = Entry { name: name.to_owned(), notes: Vec::new(), refused: None, expect: Some(expect) };
    Member { entry, files }
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

fn mutants(solution: &Path) -> Result<Vec<Mutant>> {
    let folder = solution.join("mutants");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut mutants = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("list {}", folder.display()))? {
        let path = entry.with_context(|| format!("list {}", folder.display()))?.path();
        let (Some(name), Some("patch")) = (path.file_stem(), path.extension().and_then(|end| end.to_str()))
        else {
            continue;
        };
        let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        let parsed = patch::parse(&name.to_string_lossy(), &text);
        mutants.push(parsed.map_err(|why| bad_input(format!("{}: {why}", path.display())))?);
    }
    mutants.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(mutants)
}

fn changed(mutant: &Mutant, reference: &Files) -> Result<Files> {
    let texts: BTreeMap<String, String> = reference
        .iter()
        .map(|(path, bytes)| (path.clone(), String::from_utf8_lossy(bytes).into_owned()))
        .collect();
    let changed = patch::apply(mutant, &texts).map_err(bad_input)?;
    Ok(changed.into_iter().map(|(path, text)| (path, text.into_bytes())).collect())
}
