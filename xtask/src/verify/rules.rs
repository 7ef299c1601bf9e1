//! The rules that need no run: what must stand in a lab's files, and what must not.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;

use crate::compile::cargo;
use crate::manifest::order;
use crate::patch::Mutant;
use crate::verify::{arrows, kit};
use crate::workspace::{Lab, Workspace};
use crate::{catalogue, causes, claims, files, hints, mutants, readmes, spec_text, starters};

/// Fewer wrong solutions than this prove too little about a specification.
const MUTANTS: usize = 20;

/// From a question to almost the answer.
const HINTS: usize = 3;

/// Which packages depend on which.
///
/// # Errors
/// When `cargo metadata` fails.
pub(super) fn arrows(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let output = cargo(workspace)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .context("run cargo metadata")?;
    let metadata: arrows::Metadata =
        serde_json::from_slice(&output.stdout).context("read what cargo metadata says")?;
    Ok(arrows::problems(&metadata, &workspace.root))
}

/// The places of all labs in the order of study.
pub(super) fn study(labs: &[Lab]) -> Vec<String> {
    order::problems(&labs.iter().map(|lab| &lab.manifest).collect::<Vec<_>>())
}

/// The names in the list of the lectures' claims.
///
/// # Errors
/// When the list or the lectures cannot be read.
pub(super) fn claims(workspace: &Workspace, labs: &[Lab]) -> anyhow::Result<Vec<String>> {
    let Some(claims) = readmes::claims(workspace)? else { return Ok(Vec::new()) };
    let pattern = workspace.root.join("crates/*/examples/*.rs");
    let paths = glob::glob(&pattern.to_string_lossy()).context("look for demonstrations")?;
    let mut demonstrations = BTreeSet::new();
    for path in paths {
        let path = path.context("list the demonstrations")?;
        let lecture = path.ancestors().nth(2).and_then(|lecture| lecture.file_name());
        if let (Some(lecture), Some(example)) = (lecture, path.file_stem()) {
            demonstrations.insert(format!("{}::{}", lecture.display(), example.display()));
        }
    }
    let manifests: Vec<_> = labs.iter().map(|lab| &lab.manifest).collect();
    let problems = claims::problems(&claims, &claims::Known::new(&manifests, demonstrations));
    Ok(problems.into_iter().map(|problem| format!("{}: {problem}", claims::FILE)).collect())
}

/// A student's first `check` compiles in two steps: the runner, then the lab. Where the two choose different
/// features of a library, it is compiled twice.
///
/// # Errors
/// When `cargo tree` fails.
pub(super) fn features(workspace: &Workspace, lab: &Lab) -> anyhow::Result<Vec<String>> {
    if !workspace.root.join("xtask").is_dir() {
        // A course of our own tests, whose runner lives elsewhere.
        return Ok(Vec::new());
    }
    let package = lab.manifest.package();
    let runner = tree(workspace, &["--package", "xtask", "--edges", "normal,build"])?;
    let lab = tree(workspace, &["--package", &package, "--package", "testkit"])?;
    let differs = |(library, features): (&String, &String)| {
        let others = runner.get(library).filter(|others| *others != features)?;
        Some(format!(
            "{library} is compiled twice: with `{others}` for the runner, with `{features}` for {package}"
        ))
    };
    Ok(lab.iter().filter_map(differs).collect())
}

/// Each library of a selection with its features.
fn tree(workspace: &Workspace, args: &[&str]) -> anyhow::Result<BTreeMap<String, String>> {
    let output = cargo(workspace)
        .args(["tree", "--quiet", "--prefix", "none", "--no-dedupe", "--format", "{p}|{f}"])
        .args(args)
        .output()
        .context("run cargo tree")?;
    anyhow::ensure!(
        output.status.success(),
        "cargo tree: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let text = String::from_utf8_lossy(&output.stdout);
    let pairs = text.lines().filter_map(|line| line.split_once('|'));
    Ok(pairs.map(|(library, features)| (library.to_owned(), features.to_owned())).collect())
}

/// Whether generated files are current.
///
/// # Errors
/// When a file cannot be read.
pub(super) fn generated(workspace: &Workspace, labs: &[Lab]) -> anyhow::Result<Vec<String>> {
    let mut problems = Vec::new();
    for path in readmes::stale(workspace, labs, &mut problems)?.keys() {
        problems.push(format!("{}: out of date; run `cargo xtask readmes`", workspace.shown(path)));
    }
    for lab in labs {
        for path in starters::differences(workspace, lab)?.keys() {
            let path = lab.dir.join("src").join(path);
            problems.push(format!("{}: out of date; run `cargo xtask starters`", workspace.shown(&path)));
        }
    }
    Ok(problems)
}

/// The texts of one lab: headings, hints, comments of checks, editable files, names.
///
/// # Errors
/// When a file cannot be read.
pub(super) fn texts(workspace: &Workspace, lab: &Lab) -> anyhow::Result<Vec<String>> {
    let mut problems = readmes::headings(workspace, lab)?;
    let readme = files::read(&lab.dir.join("README.md"))?;
    for milestone in &lab.manifest.milestones {
        let count = hints::hints(&readme, &milestone.id).len();
        if count != HINTS {
            let place = lab.dir.join("README.md");
            problems.push(format!(
                "{}: {} has {count} hints of {HINTS}",
                workspace.shown(&place),
                milestone.id
            ));
        }
    }
    for check in lab.manifest.checks() {
        let place = lab.dir.join(spec_text::file_of(&check.name));
        let documented = spec_text::find(&files::read(&place)?, &check.name);
        if documented.is_none_or(|documented| documented.doc.is_empty()) {
            problems.push(format!("{}: {} has no comment for students", workspace.shown(&place), check.name));
        }
    }
    problems.extend(notes(workspace, lab)?);
    problems.extend(editable(workspace, lab)?);
    problems.extend(names(workspace, lab)?);
    problems.extend(kit::problems(workspace, lab)?);
    Ok(problems)
}

/// The notes have a section for each milestone: students read it with `explain` when they have all its points.
fn notes(workspace: &Workspace, lab: &Lab) -> anyhow::Result<Vec<String>> {
    let Some(place) = lab.solution.as_ref().map(|dir| dir.join("NOTES.md")) else { return Ok(Vec::new()) };
    let shown = workspace.shown(&place);
    if !place.is_file() {
        return Ok(vec![format!("{shown}: no such file")]);
    }
    let text = files::read(&place)?;
    let ids = lab.manifest.milestones.iter().map(|milestone| &milestone.id);
    let missing = ids.filter(|id| hints::body(&text, id).is_empty());
    Ok(missing.map(|id| format!("{shown}: no section for {id}")).collect())
}

/// Each glob names something; the alternative holds nothing but editable files.
fn editable(workspace: &Workspace, lab: &Lab) -> anyhow::Result<Vec<String>> {
    let mut problems = Vec::new();
    let sources = files::texts(&lab.dir, ".rs")?;
    for glob in lab.manifest.editable.iter().chain(&lab.manifest.given) {
        let pattern = glob::Pattern::new(glob).context("read a glob of lab.toml")?;
        if !sources.keys().any(|path| pattern.matches(path)) {
            problems.push(format!(
                "{}: no file is named by `{glob}`",
                workspace.shown(&lab.dir.join("lab.toml"))
            ));
        }
    }
    let Some(alternative) = lab.solution.as_ref().map(|dir| dir.join("alternative")) else {
        return Ok(problems);
    };
    if !alternative.is_dir() {
        problems.push(format!("{}: no such folder", workspace.shown(&alternative)));
        return Ok(problems);
    }
    for path in files::texts(&alternative, ".rs")?.keys() {
        if !lab.manifest.is_editable(path) {
            let place = alternative.join(path);
            problems.push(format!("{}: not editable in the lab", workspace.shown(&place)));
        }
    }
    Ok(problems)
}

/// No file a student gets names a solution, be it another lab's.
fn names(workspace: &Workspace, lab: &Lab) -> anyhow::Result<Vec<String>> {
    let mut forbidden = vec!["BEGIN SOLUTION".to_owned()];
    for name in workspace.lab_names()? {
        let id = name.split('-').next().unwrap_or_default();
        forbidden.extend([format!("sol{id}"), format!("solutions/{id}")]);
    }
    forbidden.extend(lab.manifest.programs.iter().map(|program| format!("sol-{program}")));
    let mut problems = Vec::new();
    for (path, text) in files::texts(&lab.dir, "")? {
        for (index, line) in text.lines().enumerate() {
            if let Some(name) = forbidden.iter().find(|name| line.contains(name.as_str())) {
                let place = lab.dir.join(&path);
                problems.push(format!("{}:{}: names `{name}`", workspace.shown(&place), index + 1));
            }
        }
    }
    Ok(problems)
}

/// Enough mutants, each with catchers that exist; each check the catcher of one.
///
/// # Errors
/// When a patch cannot be read.
pub(super) fn matrix(workspace: &Workspace, lab: &Lab) -> anyhow::Result<Vec<String>> {
    let mutants = mutants::load(workspace, lab)?;
    let checks: BTreeSet<&str> = lab.manifest.checks().map(|check| check.name.as_str()).collect();
    Ok(matrix_problems(&lab.manifest.id, &mutants, &checks))
}

/// The catalogue of bugs fits the mutants: `check` reads it where there are none. A lab may do without one: then `check`
/// names no likely cause.
///
/// # Errors
/// When a patch cannot be read.
pub(super) fn causes(workspace: &Workspace, lab: &Lab) -> anyhow::Result<Vec<String>> {
    let path = lab.dir.join(causes::FILE);
    let Some(catalogue) = catalogue::load(workspace, lab)? else { return Ok(Vec::new()) };
    let checks: BTreeSet<&str> = lab.manifest.checks().map(|check| check.name.as_str()).collect();
    let problems = causes::problems(&catalogue, &mutants::load(workspace, lab)?, &checks);
    let told = |problem| format!("{}: {problem}; run `cargo xtask causes`", workspace.shown(&path));
    Ok(problems.into_iter().map(told).collect())
}

fn matrix_problems(id: &str, mutants: &[Mutant], checks: &BTreeSet<&str>) -> Vec<String> {
    let mut problems = Vec::new();
    if mutants.len() < MUTANTS {
        problems.push(format!("lab {id}: {} mutants, at least {MUTANTS} are needed", mutants.len()));
    }
    let mut used = BTreeSet::new();
    for mutant in mutants {
        for check in &mutant.catches {
            used.insert(check.as_str());
            if !checks.contains(check.as_str()) {
                problems.push(format!("mutant {}: there is no check {check}", mutant.name));
            }
        }
    }
    let idle = checks.difference(&used);
    problems.extend(idle.map(|check| format!("lab {id}: no mutant is caught by {check}")));
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutant(name: &str, check: &str) -> Mutant {
        let text = format!("# catches: {check}\n# misconception: x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n");
        crate::patch::parse(name, &text).unwrap()
    }

    #[test]
    fn the_matrix_has_no_holes_in_either_direction() {
        let mutants: Vec<Mutant> = (0..20).map(|n| mutant(&format!("m{n}"), "m1_a::one")).collect();
        let checks = BTreeSet::from(["m1_a::one"]);
        assert!(matrix_problems("01", &mutants, &checks).is_empty());
        let more = BTreeSet::from(["m1_a::one", "m1_a::two"]);
        assert_eq!(matrix_problems("01", &mutants, &more), ["lab 01: no mutant is caught by m1_a::two"]);
        let other = [&mutants[..19], &[mutant("odd", "m1_a::three")]].concat();
        assert_eq!(matrix_problems("01", &other, &checks), ["mutant odd: there is no check m1_a::three"]);
        assert_eq!(
            matrix_problems("01", &mutants[..19], &checks),
            ["lab 01: 19 mutants, at least 20 are needed"]
        );
    }
}
