//! `dnc wc`: counts words by map and reduce. A map task counts the words of a file, a reduce task joins the counts
//! of its part of all words.

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use nix::unistd::getpid;

use crate::board::Board;
use crate::failure::Failure;
use crate::words::Words;
use crate::workers::Workers;

/// Counts the words of `files` by `n` workers. The folder `out` gets a file for each of `parts` parts.
///
/// # Errors
/// When a file cannot be read or written, or a task has killed four workers.
pub fn run(files: &[PathBuf], n: usize, parts: usize, out: &Path) -> Result<(), Failure> {
    let hidden = Hidden::make(out)?;
    let tasks = files.len() + parts;
    let board = Board::new(tasks, n)?;
    let words = Words { files, parts, out, hidden: &hidden.path };
    // All workers are reaped when this comes back, well or not: so nobody can write into the folder any more.
    Workers::run(&board, &words, tasks, n)?;
    hidden.remove()
}

/// The folder of what lies between map and reduce. Dropping it removes it.
struct Hidden {
    path: PathBuf,
    out: PathBuf,
}

impl Hidden {
    fn make(out: &Path) -> Result<Hidden, Failure> {
        for attempt in 0_u64.. {
            // A killed dnc may have left a folder, and had the same pid.
            let path = out.join(format!(".dnc-{}-{attempt}", getpid()));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Hidden { path, out: out.to_owned() }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Failure::io(out.display().to_string(), &error)),
            }
        }
        Err(Failure::new(out.display().to_string(), "no name is left in it"))
    }

    fn remove(self) -> Result<(), Failure> {
        fs::remove_dir_all(&self.path).map_err(|error| Failure::io(self.out.display().to_string(), &error))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // After `remove` there is nothing to do; in a run that fails, the first failure is the one that is told.
        let _ = fs::remove_dir_all(&self.path);
    }
}
