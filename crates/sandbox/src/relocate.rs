//! Levels without namespaces have one file tree, the host's. This makes a work folder for what may be written, and
//! rewrites the paths of a [`Spec`] from where things would be seen to where they are.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nix::unistd::mkdtemp;

use crate::spec::{Job, Spec, Tmpfs};

/// A work folder on the host; removed when dropped.
#[derive(Debug)]
pub(crate) struct Work {
    folder: PathBuf,
    /// (path inside, path on the host), for every folder of the spec.
    moves: Vec<(PathBuf, PathBuf)>,
    /// (lower folder of an overlay, its copy).
    copies: Vec<(PathBuf, PathBuf)>,
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Err(error) = remove(&self.folder) {
            eprintln!("cannot remove {}: {error}", self.folder.display());
        }
    }
}

/// Removes a work folder. Unread code may have taken away our right to enter its folders; root and owner can give it back.
/// That it is gone already is fine: the helper removes it when its caller has died.
pub(crate) fn remove(folder: &Path) -> io::Result<()> {
    if fs::remove_dir_all(folder).is_ok() || !folder.exists() {
        return Ok(());
    }
    open_up(folder);
    fs::remove_dir_all(folder)
}

/// Makes every folder below enterable again. What fails here fails in the removal, which reports it.
fn open_up(folder: &Path) {
    if fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).is_err() {
        return;
    }
    let Ok(entries) = fs::read_dir(folder) else { return };
    let folders = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.for_each(|entry| open_up(&entry.path()));
}

impl Work {
    /// Makes the folder and the empty folders for tmpfs and overlays.
    pub(crate) fn new(spec: &Spec) -> Result<Self> {
        let folder =
            mkdtemp(&std::env::temp_dir().join("ipc-labs-sandbox-XXXXXX")).context("make the work folder")?;
        // No link on the way, or Landlock rules and RESOLVE_NO_SYMLINKS would see other paths than we.
        let folder = folder.canonicalize().context("find the work folder")?;
        let mut work = Self { folder, moves: Vec::new(), copies: Vec::new() };
        let given = spec.tmpfs.iter().map(|folder| folder.at.clone());
        let tmp =
            spec.tmpfs.iter().all(|folder| folder.at != Path::new("/tmp")).then(|| Tmpfs::new("/tmp", 64).at);
        for at in given.chain(tmp).filter(|at| at != Path::new("/dev/shm")) {
            work.add(at)?;
        }
        for overlay in &spec.overlay {
            let copy = work.add(overlay.to.clone())?;
            work.copies.push((overlay.from.clone(), copy));
        }
        work.moves.extend(spec.ro.iter().map(|bind| (bind.to.clone(), bind.from.clone())));
        // The longest prefix first: /target/seed before /target.
        work.moves.sort_by_key(|(to, _)| std::cmp::Reverse(to.as_os_str().len()));
        Ok(work)
    }

    fn add(&mut self, at: PathBuf) -> Result<PathBuf> {
        let place = self.folder.join(self.moves.len().to_string());
        fs::create_dir(&place).with_context(|| format!("make {}", place.display()))?;
        self.moves.push((at, place.clone()));
        Ok(place)
    }

    /// The folder that holds all that may be written.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The overlays to fill.
    pub(crate) fn copies(&self) -> &[(PathBuf, PathBuf)] {
        &self.copies
    }

    /// `spec` with every path where it really is. `TMPDIR` is set unless given.
    pub(crate) fn rewrite(&self, spec: &Spec) -> Spec {
        let mut spec = spec.clone();
        for (_, value) in &mut spec.env {
            *value = self.text(value);
        }
        if spec.env.iter().all(|(name, _)| name != "TMPDIR") {
            spec.env.push(("TMPDIR".to_owned(), self.text("/tmp")));
        }
        for file in &mut spec.collect {
            file.path = self.path(&file.path);
        }
        match &mut spec.job {
            Job::Exec { argv, cwd } => {
                argv.iter_mut().for_each(|arg| *arg = self.text(arg));
                *cwd = self.path(cwd);
            }
            Job::Referee { args, cwd, config, .. } => {
                args.iter_mut().for_each(|arg| *arg = self.text(arg));
                *cwd = self.path(cwd);
                config.programs.values_mut().for_each(|path| *path = self.path(path));
                config.helpers = config.helpers.as_deref().map(|path| self.path(path));
                config.scratch = config.scratch.as_deref().map(|path| self.path(path));
            }
        }
        spec
    }

    fn path(&self, inside: &Path) -> PathBuf {
        let found = self.moves.iter().find_map(|(to, real)| Some((inside.strip_prefix(to).ok()?, real)));
        match found {
            // Joining an empty rest would add a slash.
            Some((rest, real)) if rest.as_os_str().is_empty() => real.clone(),
            Some((rest, real)) => real.join(rest),
            None => inside.to_owned(),
        }
    }

    fn text(&self, inside: &str) -> String {
        self.path(Path::new(inside)).to_string_lossy().into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Bind;

    #[test]
    fn paths_inside_become_paths_on_the_host() -> Result<()> {
        let mut spec = Spec::new(Job::Exec {
            argv: vec!["/bin/sub/prog".into(), "--flag".into(), "/tmp/x".into()],
            cwd: "/bin/sub".into(),
        });
        spec.ro = vec![Bind::new("/srv/a", "/bin"), Bind::new("/srv/b", "/bin/sub")];
        let work = Work::new(&spec)?;
        let folder = work.folder().to_owned();
        let Job::Exec { argv, cwd } = work.rewrite(&spec).job else { panic!("the job changed its kind") };
        assert_eq!(cwd, Path::new("/srv/b"));
        assert_eq!(argv[0], "/srv/b/prog");
        assert_eq!(argv[1], "--flag");
        assert!(Path::new(&argv[2]).starts_with(&folder), "{argv:?} is below {folder:?}");
        drop(work);
        assert!(!folder.exists());
        Ok(())
    }
}
