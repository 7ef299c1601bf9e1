//! Copies a folder: contents, modes and times of files, links as links. Cargo trusts times, so they must be equal.

use std::fs::{self, File, FileTimes};
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context, Result};

/// Copies what is below `from` into `to`, which exists or can be made. Devices, sockets and FIFOs are left out.
pub(crate) fn tree(from: &Path, to: &Path) -> Result<()> {
    let context = || format!("copy the folder {}", from.display());
    fs::create_dir_all(to).with_context(context)?;
    for entry in fs::read_dir(from).with_context(context)? {
        let entry = entry.with_context(context)?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().with_context(context)?;
        if kind.is_dir() {
            tree(&source, &target)?;
        } else if kind.is_symlink() {
            let link = fs::read_link(&source).with_context(context)?;
            symlink(link, &target).with_context(context)?;
        } else if kind.is_file() {
            file(&source, &target)?;
        }
    }
    Ok(())
}

fn file(from: &Path, to: &Path) -> Result<()> {
    let context = || format!("copy {}", from.display());
    fs::copy(from, to).with_context(context)?;
    let modified = fs::metadata(from).and_then(|meta| meta.modified()).with_context(context)?;
    File::open(to)
        .and_then(|file| file.set_times(FileTimes::new().set_modified(modified)))
        .with_context(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_the_contents_links_and_times_of_its_model() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("deps"))?;
        fs::write(from.join("deps/lib"), "bytes")?;
        symlink("deps/lib", from.join("link"))?;
        let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
        File::open(from.join("deps/lib"))?.set_times(FileTimes::new().set_modified(old))?;

        tree(&from, &to)?;
        assert_eq!(fs::read(to.join("deps/lib"))?, b"bytes");
        assert_eq!(fs::read_link(to.join("link"))?, Path::new("deps/lib"));
        assert_eq!(fs::metadata(to.join("deps/lib"))?.modified()?, old);
        Ok(())
    }
}
