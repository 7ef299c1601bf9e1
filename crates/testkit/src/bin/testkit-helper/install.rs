//! `testkit-helper install DIR`: a folder that holds all helpers and needs nothing else.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Copies this program there once and gives it each helper's name. What stands there is replaced.
pub(crate) fn install(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("make folder {}", folder.display()))?;
    let own = std::env::current_exe().context("find the program's own file")?;
    let copy = folder.join(".testkit-helper");
    fs::copy(&own, &copy).with_context(|| format!("write {}", copy.display()))?;
    for name in testkit::helpers::NAMES {
        let hidden = folder.join(format!(".{name}"));
        fs::hard_link(&copy, &hidden).with_context(|| format!("link helper {name}"))?;
        fs::rename(&hidden, folder.join(name)).with_context(|| format!("link helper {name}"))?;
    }
    fs::remove_file(&copy).with_context(|| format!("remove {}", copy.display()))
}
