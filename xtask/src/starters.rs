//! `starters`: writes each lab's `src/` from its solution, or with `--check` compares.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::cli::FreshArgs;
use crate::exit::{Exit, bad_input};
use crate::files;
use crate::starter::starter;
use crate::workspace::{Lab, Workspace};

/// Writes or compares the starters of every lab that has a solution here.
///
/// # Errors
/// When there is no solution, a marker is wrong, or a file cannot be read or written.
pub fn run(workspace: &Workspace, args: &FreshArgs) -> anyhow::Result<Exit> {
    let labs = workspace.labs()?;
    if labs.iter().all(|lab| lab.solution.is_none()) {
        return Err(bad_input("this checkout has no solutions to make starters from"));
    }
    let mut stale = Vec::new();
    for lab in &labs {
        for (path, wanted) in differences(workspace, lab)? {
            let place = lab.dir.join("src").join(&path);
            stale.push(workspace.shown(&place).to_string());
            match wanted {
                _ if args.check => {}
                Some(text) => files::write_atomic(&place, text.as_bytes())?,
                None => fs::remove_file(&place).with_context(|| format!("remove {}", place.display()))?,
            }
        }
    }
    for path in &stale {
        anstream::println!("{} {path}", if args.check { "out of date:" } else { "wrote" });
    }
    if args.check && !stale.is_empty() {
        anstream::println!("run `cargo xtask starters`");
        return Ok(Exit::SomeFailed);
    }
    anstream::println!("starters are up to date");
    Ok(Exit::Done)
}

/// The files of a lab's `src/` that are not what the solution makes them: `None` is a file to be removed.
///
/// # Errors
/// When a marker is wrong or a file cannot be read.
pub fn differences(workspace: &Workspace, lab: &Lab) -> anyhow::Result<BTreeMap<String, Option<String>>> {
    let Some(solution) = &lab.solution else { return Ok(BTreeMap::new()) };
    let wanted = wanted(workspace, lab, solution)?;
    let present = files::texts(&lab.dir.join("src"), ".rs")?;
    let mut differences: BTreeMap<String, Option<String>> =
        present.keys().filter(|path| !wanted.contains_key(*path)).map(|path| (path.clone(), None)).collect();
    for (path, text) in wanted {
        if present.get(&path) != Some(&text) {
            differences.insert(path, Some(text));
        }
    }
    Ok(differences)
}

/// What the solution makes of a lab's `src/`, by the path in it.
///
/// # Errors
/// When a marker is wrong or a file cannot be read.
pub fn wanted(workspace: &Workspace, lab: &Lab, solution: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    let mut wanted = BTreeMap::new();
    for (path, text) in files::texts(&solution.join("src"), ".rs")? {
        let place = solution.join("src").join(&path);
        let cut = starter(&text, &lab.manifest)
            .map_err(|p| bad_input(format!("{}:{}: {}", workspace.shown(&place), p.line, p.text)))?;
        if let Some(cut) = cut {
            let text =
                format(workspace, &cut).with_context(|| format!("format {}", workspace.shown(&place)))?;
            wanted.insert(path, text);
        }
    }
    Ok(wanted)
}

/// Runs rustfmt on a text. It finds the workspace's settings in its current folder.
fn format(workspace: &Workspace, text: &str) -> anyhow::Result<String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--quiet"])
        .current_dir(&workspace.root)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("start rustfmt")?;
    // rustfmt reads everything before it writes, so one after the other cannot block.
    child.stdin.take().context("write to rustfmt")?.write_all(text.as_bytes()).context("write to rustfmt")?;
    let output = child.wait_with_output().context("wait for rustfmt")?;
    if !output.status.success() {
        bail!("rustfmt: {}", output.status);
    }
    String::from_utf8(output.stdout).context("read from rustfmt")
}
