//! `hint`: the hints of a milestone, one more at each call. How many were seen is kept in
//! `target/ipc-labs/progress.json`.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use anyhow::Context as _;

use crate::cli::HintArgs;
use crate::exit::{Exit, bad_input, usage};
use crate::workspace::Workspace;
use crate::{files, hints, prose};

/// Hints seen, by lab and milestone.
type Progress = BTreeMap<String, BTreeMap<String, usize>>;

/// Shows the next hint of a milestone, or with `--again` those already seen.
///
/// # Errors
/// When there is no such milestone, or its README has no hints.
pub fn run(workspace: &Workspace, args: &HintArgs) -> anyhow::Result<Exit> {
    let lab = workspace.lab(&args.lab)?;
    let milestone =
        lab.manifest.milestones.iter().find(|m| m.id == args.milestone || m.module == args.milestone);
    let milestone = milestone.ok_or_else(|| {
        let ids: Vec<&str> = lab.manifest.milestones.iter().map(|m| m.id.as_str()).collect();
        usage(format!(
            "lab {} has no milestone `{}`; it has {}",
            lab.manifest.id,
            args.milestone,
            ids.join(", ")
        ))
    })?;
    let readme = lab.dir.join("README.md");
    let hints = hints::hints(&files::read(&readme)?, &milestone.id);
    if hints.is_empty() {
        return Err(bad_input(format!("{}: no hints for {}", workspace.shown(&readme), milestone.id)));
    }
    let path = workspace.state_dir().join("progress.json");
    let mut progress = load(&path)?;
    let seen = progress.entry(lab.manifest.id.clone()).or_default().entry(milestone.id.clone()).or_default();
    let first = if args.again { 0 } else { (*seen).min(hints.len() - 1) };
    if !args.again {
        *seen = (*seen + 1).min(hints.len());
    }
    let shown = *seen;
    for (index, hint) in hints.iter().enumerate().take(shown).skip(first) {
        anstream::println!(
            "{} {}, hint {} of {}\n\n{}\n",
            milestone.id,
            milestone.title,
            index + 1,
            hints.len(),
            prose::wrap(hint, prose::columns())
        );
    }
    let command = format!("cargo xtask hint {} {}", lab.manifest.id, milestone.id);
    match (shown, hints.len() - shown) {
        (0, _) => anstream::println!("no hint seen yet; the first: {command}"),
        (_, 0) => anstream::println!("That is the last hint. All of them: {command} --again"),
        (_, left) => anstream::println!("{left} more: {command}"),
    }
    let text = serde_json::to_string_pretty(&progress).context("write the progress")?;
    files::write_atomic(&path, text.as_bytes())?;
    Ok(Exit::Done)
}

fn load(path: &Path) -> anyhow::Result<Progress> {
    match std::fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map_err(|error| bad_input(format!("{}: {error}; delete it to begin anew", path.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Progress::new()),
        Err(error) => Err(error).with_context(|| format!("read {}", path.display())),
    }
}
