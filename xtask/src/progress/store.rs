//! Progress on disk: `.ipc-labs/progress.json` in the checkout. Not below `target/`, because `cargo clean`
//! must not cost weeks of progress.
//!
//! Nothing here fails a command. What cannot be read or written is said in one line on standard error, and
//! the work goes on. A file that cannot be understood is kept under another name.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::{Progress, parse, parse_old};
use crate::files;
use crate::text;
use crate::workspace::Workspace;

/// What is remembered; nothing is written.
#[must_use]
pub fn load(workspace: &Workspace) -> Progress {
    match read(workspace) {
        Ok(progress) => progress,
        Err(trouble) => {
            warn(&format!("{}: {}; shown as new", shown(workspace), trouble.words()));
            Progress::default()
        }
    }
}

/// Changes what is remembered. Two runners at once cannot lose each other's change: each reads, changes and
/// writes under a lock (flock(2)), which the kernel takes back from a runner that dies.
pub fn update<T>(workspace: &Workspace, change: impl FnOnce(&mut Progress) -> T) -> T {
    let lock = lock(&workspace.progress_dir());
    let (mut progress, trouble) = match read(workspace) {
        Ok(progress) => (progress, None),
        Err(Trouble::Broken(why)) if lock.is_ok() => (Progress::default(), keep_aside(workspace, &why).err()),
        Err(trouble) => (Progress::default(), Some(trouble.words())),
    };
    let trouble = trouble.or_else(|| lock.as_ref().err().map(text::reason));
    let answer = change(&mut progress);
    let saved = match trouble {
        Some(why) => Err(why),
        None => save(workspace, &progress).map_err(|error| text::root_reason(&error)),
    };
    drop(lock);
    if let Err(why) = saved {
        warn(&format!("progress is not remembered in {}: {why}", shown(workspace)));
    }
    answer
}

enum Trouble {
    /// It is no progress file.
    Broken(String),
    /// The system does not let us read it.
    Unreadable(io::Error),
}

impl Trouble {
    fn words(&self) -> String {
        match self {
            Self::Broken(why) => why.clone(),
            Self::Unreadable(error) => text::reason(error),
        }
    }
}

fn read(workspace: &Workspace) -> Result<Progress, Trouble> {
    match fs::read(place(workspace)) {
        Ok(bytes) => parse(&bytes).map_err(Trouble::Broken),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(read_old(workspace)),
        Err(error) => Err(Trouble::Unreadable(error)),
    }
}

/// What was remembered below `target/`, before there was a better place.
fn read_old(workspace: &Workspace) -> Progress {
    let bytes = fs::read(workspace.state_dir().join("progress.json")).unwrap_or_default();
    parse_old(&bytes).unwrap_or_default()
}

fn save(workspace: &Workspace, progress: &Progress) -> anyhow::Result<()> {
    let mut text = serde_json::to_vec_pretty(progress)?;
    text.push(b'\n');
    files::write_atomic(&place(workspace), &text)
}

fn lock(dir: &Path) -> io::Result<File> {
    fs::create_dir_all(dir)?;
    let file = File::options().create(true).append(true).open(dir.join("lock"))?;
    file.lock()?;
    Ok(file)
}

/// Gives a file that cannot be understood another name.
fn keep_aside(workspace: &Workspace, why: &str) -> Result<(), String> {
    let place = place(workspace);
    let kept = files::free_name(&place, "broken");
    fs::rename(&place, &kept).map_err(|error| format!("{why}; rename it: {}", text::reason(&error)))?;
    warn(&format!("{}: {why}; kept as {}, begun anew", shown(workspace), workspace.shown(&kept)));
    Ok(())
}

fn place(workspace: &Workspace) -> PathBuf {
    workspace.progress_dir().join("progress.json")
}

fn shown(workspace: &Workspace) -> String {
    workspace.shown(&place(workspace)).to_string()
}

fn warn(line: &str) {
    anstream::eprintln!("warning: {line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course() -> (tempfile::TempDir, Workspace) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().to_owned();
        (dir, Workspace { root })
    }

    fn count(workspace: &Workspace) -> usize {
        load(workspace).lab("01").hints("m1")
    }

    fn add(workspace: &Workspace) {
        update(workspace, |progress| {
            let lab = progress.lab_mut("01");
            lab.saw_hint("m1", lab.hints("m1") + 1);
        });
    }

    #[test]
    fn no_change_is_lost_when_many_write_at_once() {
        let (_dir, workspace) = course();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..25).for_each(|_| add(&workspace)));
            }
        });
        assert_eq!(count(&workspace), 100);
    }

    #[test]
    fn a_broken_file_is_kept_and_work_goes_on() {
        let (_dir, workspace) = course();
        for round in 1..3 {
            add(&workspace);
            fs::write(place(&workspace), format!("broken {round}")).unwrap();
            assert_eq!(count(&workspace), 0);
        }
        add(&workspace);
        assert_eq!(count(&workspace), 1);
        let kept = |number| workspace.progress_dir().join(format!("progress.json.broken-{number}"));
        assert_eq!(fs::read_to_string(kept(1)).unwrap(), "broken 1");
        assert_eq!(fs::read_to_string(kept(2)).unwrap(), "broken 2");
    }

    #[test]
    fn where_nothing_can_be_written_the_work_goes_on() {
        let (_dir, workspace) = course();
        fs::write(workspace.progress_dir(), "a file in place of the folder").unwrap();
        assert_eq!(update(&workspace, |progress| progress.labs.len()), 0);
    }

    #[test]
    fn what_cannot_be_read_is_not_overwritten() {
        let (_dir, workspace) = course();
        fs::create_dir_all(place(&workspace)).unwrap();
        add(&workspace);
        assert!(place(&workspace).is_dir());
    }

    #[test]
    fn the_old_place_is_read_until_there_is_a_new_one() {
        let (_dir, workspace) = course();
        fs::create_dir_all(workspace.state_dir()).unwrap();
        fs::write(workspace.state_dir().join("progress.json"), r#"{"01":{"m1":1}}"#).unwrap();
        assert_eq!(count(&workspace), 1);
        add(&workspace);
        fs::remove_dir_all(workspace.target()).unwrap();
        assert_eq!(count(&workspace), 2);
    }
}
