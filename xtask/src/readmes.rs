//! `readmes`: keeps the READMEs true. Writes (or with `--check` compares) what is generated in them, checks
//! the headings, and runs their examples against the reference.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;

use crate::claims::{self, Claim};
use crate::cli::FreshArgs;
use crate::compile::{self, Wanted};
use crate::exit::{Exit, bad_input};
use crate::flake::record::{self, Records};
use crate::readme;
use crate::workspace::{Lab, Workspace};
use crate::{files, mutants};

mod console;

/// An example that runs longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// Writes or compares, and tells what is wrong.
///
/// # Errors
/// When a file cannot be read or written, or the reference does not build.
pub fn run(workspace: &Workspace, args: &FreshArgs) -> anyhow::Result<Exit> {
    let labs = workspace.labs()?;
    let mut problems = Vec::new();
    for (path, text) in stale(workspace, &labs, &mut problems)? {
        if args.check {
            problems.push(format!("{}: out of date; run `cargo xtask readmes`", workspace.shown(&path)));
        } else {
            files::write_atomic(&path, text.as_bytes())?;
            anstream::println!("wrote {}", workspace.shown(&path));
        }
    }
    for lab in &labs {
        problems.extend(headings(workspace, lab)?);
        problems.extend(examples(workspace, lab)?);
    }
    for problem in &problems {
        anstream::println!("{problem}");
    }
    if !problems.is_empty() {
        return Ok(Exit::SomeFailed);
    }
    anstream::println!("READMEs are up to date");
    Ok(Exit::Done)
}

/// The READMEs whose generated parts are not what they must be, with their right texts.
///
/// # Errors
/// When a file cannot be read.
pub fn stale(
    workspace: &Workspace,
    labs: &[Lab],
    problems: &mut Vec<String>,
) -> anyhow::Result<BTreeMap<PathBuf, String>> {
    let manifests: Vec<_> = labs.iter().map(|lab| &lab.manifest).collect();
    let mut parts =
        vec![(workspace.root.join("labs/README.md"), "labs".to_owned(), readme::index(&manifests))];
    for lab in labs {
        let path = lab.dir.join("README.md");
        parts.push((path.clone(), "milestones".to_owned(), readme::milestone_table(&lab.manifest)));
        for milestone in &lab.manifest.milestones {
            let name = format!("checks {}", milestone.id);
            parts.push((path.clone(), name, readme::check_list(milestone)));
        }
    }
    if let Some(claims) = claims(workspace)? {
        parts.push((workspace.root.join(claims::TABLE), "claims".to_owned(), claims::table(&claims)));
    }
    // A student's checkout has no mutants, but keeps the matrix.
    if labs.iter().all(|lab| lab.solution.is_some()) {
        let mut all = Vec::new();
        for lab in labs {
            all.push((&lab.manifest, mutants::load(workspace, lab)?));
        }
        parts.push((workspace.root.join("solutions/README.md"), "mutants".to_owned(), readme::matrix(&all)));
    }
    let flakes = workspace.root.join(record::FILE);
    if flakes.is_file() {
        let path = workspace.root.join("solutions/README.md");
        parts.push((path, "flake".to_owned(), Records::load(&flakes)?.table()));
    }
    let mut stale = BTreeMap::new();
    for of_one_file in parts.chunk_by(|one, other| one.0 == other.0) {
        let path = &of_one_file[0].0;
        let text = files::read(path)?;
        let mut new = text.clone();
        for (_, name, body) in of_one_file {
            match readme::replace(&new, name, body) {
                Ok(replaced) => new = replaced,
                Err(problem) => problems.push(format!("{}: {problem}", workspace.shown(path))),
            }
        }
        if new != text {
            stale.insert(path.clone(), new);
        }
    }
    Ok(stale)
}

/// The lectures' claims, if this course lists them.
///
/// # Errors
/// When the list cannot be read.
pub fn claims(workspace: &Workspace) -> anyhow::Result<Option<Vec<Claim>>> {
    let path = workspace.root.join(claims::FILE);
    if !path.is_file() {
        return Ok(None);
    }
    let claims = claims::parse(&files::read(&path)?);
    claims.map(Some).map_err(|problem| bad_input(format!("{}: {problem}", workspace.shown(&path))))
}

/// What is wrong with the headings of a lab's README.
///
/// # Errors
/// When it cannot be read.
pub fn headings(workspace: &Workspace, lab: &Lab) -> anyhow::Result<Vec<String>> {
    let path = lab.dir.join("README.md");
    let problems = readme::heading_problems(&files::read(&path)?);
    Ok(problems.into_iter().map(|problem| format!("{}: {problem}", workspace.shown(&path))).collect())
}

/// Runs the examples of a lab's README with the reference.
fn examples(workspace: &Workspace, lab: &Lab) -> anyhow::Result<Vec<String>> {
    let path = lab.dir.join("README.md");
    let mut examples = readme::examples(&files::read(&path)?);
    examples.retain(|example| {
        let words = || example.command.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_');
        lab.manifest.programs.iter().any(|program| words().any(|word| word == program))
    });
    if examples.is_empty() {
        return Ok(Vec::new());
    }
    if lab.solution.is_none() {
        anstream::println!(
            "skipped: {} examples of lab {}: no reference here",
            examples.len(),
            lab.manifest.id
        );
        return Ok(Vec::new());
    }
    let package = lab.manifest.solution_package();
    let wanted = Wanted {
        package: &package,
        programs: &lab.manifest.programs,
        prefix: "sol-",
        without_spec: true,
        ..Wanted::default()
    };
    let built = compile::build(workspace, wanted)?;
    let bin = tempfile::tempdir().context("make a folder for the reference")?;
    for (name, program) in &built.programs {
        symlink(program, bin.path().join(name)).with_context(|| format!("link {name}"))?;
    }
    let mut problems = Vec::new();
    for block in examples.chunk_by(|one, other| one.block == other.block) {
        let dir = tempfile::tempdir().context("make a folder for an example")?;
        for example in block {
            let output = console::shown(&example.command, bin.path(), dir.path(), PATIENCE)?;
            if !readme::is_like(&example.output, &output) {
                problems.push(format!(
                    "{}:{}: `{}` prints otherwise\n--- the README\n{}--- the reference\n{output}---",
                    workspace.shown(&path),
                    example.line,
                    example.command,
                    example.output
                ));
            }
        }
    }
    Ok(problems)
}
