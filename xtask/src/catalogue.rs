//! A lab's catalogue of bugs on disk.

use crate::causes::{self, Catalogue};
use crate::exit::bad_input;
use crate::files;
use crate::workspace::{Lab, Workspace};

/// The catalogue of a lab, if it has one.
///
/// # Errors
/// When it cannot be read.
pub fn load(workspace: &Workspace, lab: &Lab) -> anyhow::Result<Option<Catalogue>> {
    let path = lab.dir.join(causes::FILE);
    if !path.is_file() {
        return Ok(None);
    }
    let parsed = causes::parse(&files::read(&path)?);
    parsed.map(Some).map_err(|problem| bad_input(format!("{}: {problem}", workspace.shown(&path))))
}

/// The same for those who can do without: a damaged catalogue keeps nobody from working or grading.
#[must_use]
pub fn load_or_warn(workspace: &Workspace, lab: &Lab) -> Catalogue {
    let catalogue = load(workspace, lab).unwrap_or_else(|error| {
        anstream::eprintln!("warning: no likely causes: {error:#}");
        None
    });
    catalogue.unwrap_or_default()
}
