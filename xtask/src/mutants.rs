//! The mutants of a lab on disk.

use crate::exit::bad_input;
use crate::workspace::{Lab, Workspace};
use crate::{files, patch};

/// The mutants of a lab, by file name.
///
/// # Errors
/// When a patch file cannot be read or its header lacks something.
pub fn load(workspace: &Workspace, lab: &Lab) -> anyhow::Result<Vec<patch::Mutant>> {
    let Some(dir) = lab.solution.as_ref().map(|dir| dir.join("mutants")).filter(|dir| dir.is_dir()) else {
        return Ok(Vec::new());
    };
    let texts = files::texts(&dir, ".patch")?;
    let parsed = texts.iter().map(|(path, text)| {
        patch::parse(path.trim_end_matches(".patch"), text)
            .map_err(|problem| bad_input(format!("{}: {problem}", workspace.shown(&dir.join(path)))))
    });
    parsed.collect()
}
