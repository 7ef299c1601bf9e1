//! A lab's files as they were given.
//!
//! Where there is a solution, the starter's `src/` is made from it, as `cargo xtask starters` does; `starters --check`
//! compares the lab with it. Other files that a student may change (`editable` in `lab.toml`) are the lab's own, as they
//! are there. A student's checkout has no solution and perhaps no git, so `handout` puts a copy
//! into the lab: one file, hidden, with a hash, and out of the way of everything that looks for sources. It is
//! written only there, so it cannot become old.

use std::collections::BTreeMap;
use std::fs;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::exit::bad_input;
use crate::intake::walk::{self, Kind};
use crate::workspace::{Lab, Workspace};
use crate::{files, sources, starters};

/// The copy in a student's checkout, in the lab's folder.
pub const FILE: &str = ".starter.json";

const FORMAT: &str = "ipc-labs/starter/v1";

/// Texts by their path in the lab: `src/run.rs`.
pub type Files = BTreeMap<String, String>;

#[derive(Serialize, Deserialize)]
struct Copy {
    format: String,
    sha256: String,
    files: Files,
}

/// A lab's files as they were given.
///
/// # Errors
/// When this checkout has neither the solution nor the copy, or the copy is damaged.
pub fn load(workspace: &Workspace, lab: &Lab) -> anyhow::Result<Files> {
    if let Some(solution) = &lab.solution {
        let mut files = outside_src(lab)?;
        let wanted = starters::wanted(workspace, lab, solution)?;
        files.extend(wanted.into_iter().map(|(path, text)| (format!("src/{path}"), text)));
        return Ok(files);
    }
    let place = lab.dir.join(FILE);
    let shown = workspace.shown(&place);
    let text = fs::read(&place).map_err(|error| {
        bad_input(format!("{shown}: {}; take it from your course's handout", crate::text::reason(&error)))
    })?;
    parse(&text).map_err(|why| bad_input(format!("{shown}: {why}; take it from your course's handout")))
}

/// The editable files that no solution makes.
fn outside_src(lab: &Lab) -> anyhow::Result<Files> {
    let editable = |path: &String| !path.starts_with("src/") && lab.manifest.is_editable(path);
    if lab.manifest.editable.iter().all(|glob| glob.starts_with("src/")) {
        // Usual, and then nothing else need be read.
        return Ok(Files::new());
    }
    let mut files = Files::new();
    let listed = walk::list(&lab.dir).with_context(|| format!("list {}", lab.dir.display()))?.0;
    for entry in listed.into_iter().filter(|entry| entry.kind == Kind::File && editable(&entry.name)) {
        files.insert(entry.name, files::read(&lab.dir.join(&entry.path))?);
    }
    Ok(files)
}

/// The text of [`FILE`].
///
/// # Errors
/// None that is known of.
pub fn text(files: &Files) -> anyhow::Result<Vec<u8>> {
    let copy = Copy { format: FORMAT.to_owned(), sha256: hash(files), files: files.clone() };
    let mut text = serde_json::to_vec_pretty(&copy).context("write the copy of the starter")?;
    text.push(b'\n');
    Ok(text)
}

fn parse(text: &[u8]) -> Result<Files, String> {
    let copy: Copy = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    if copy.format != FORMAT {
        return Err(format!("its format is not {FORMAT}"));
    }
    if copy.sha256 != hash(&copy.files) {
        return Err("it was changed: its hash is another".to_owned());
    }
    Ok(copy.files)
}

fn hash(files: &Files) -> String {
    sources::hash(&files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Files {
        Files::from([("src/a.rs".to_owned(), "fn a() {}\n".to_owned())])
    }

    #[test]
    fn the_copy_is_read_as_it_was_written() {
        assert_eq!(parse(&text(&files()).unwrap()).unwrap(), files());
    }

    #[test]
    fn a_damaged_copy_restores_nothing() {
        let text = String::from_utf8(text(&files()).unwrap()).unwrap();
        let changed = text.replace("fn a", "fn b");
        assert_eq!(parse(changed.as_bytes()).unwrap_err(), "it was changed: its hash is another");
        let newer = text.replace("starter/v1", "starter/v2");
        assert_eq!(parse(newer.as_bytes()).unwrap_err(), "its format is not ipc-labs/starter/v1");
        assert!(parse(&text.as_bytes()[..20]).is_err());
    }
}
