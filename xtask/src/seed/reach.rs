//! Whether the users of the sandbox's slots can reach what a build needs.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::Result;
use nix::unistd::geteuid;
use sandbox::Level;

use crate::exit::bad_input;

/// Started as root, a build runs as a user of its slot. With namespaces the folders are bound before that;
/// at level reduced, that user must be able to enter every folder on the way.
///
/// # Errors
/// When it cannot: which folder is closed.
pub(super) fn check(level: Level, paths: &[&Path]) -> Result<()> {
    if level != Level::Reduced || !geteuid().is_root() {
        return Ok(());
    }
    for path in paths {
        for folder in path.ancestors().filter(|folder| !folder.as_os_str().is_empty()) {
            let is_closed = |meta: fs::Metadata| meta.permissions().mode() & 0o001 == 0;
            if fs::metadata(folder).is_ok_and(is_closed) {
                return Err(bad_input(format!(
                    "level {}: the sandbox's user cannot reach {}, because {} is closed to others; \
                     grade as an ordinary user, or keep it elsewhere",
                    level.word(),
                    path.display(),
                    folder.display()
                )));
            }
        }
    }
    Ok(())
}
