//! A gate: a FIFO at which programs wait for the check.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::failure::or_grader_error;
use crate::shared::Shared;

/// A FIFO in the room. `gate NAME` in a script (and `linger NAME`) blocks in its open until [`open`](Self::open).
pub struct Gate {
    shared: Arc<Shared>,
    path: PathBuf,
    held: Mutex<Option<File>>,
}

impl Gate {
    #[track_caller]
    pub(crate) fn make(shared: &Arc<Shared>, name: &str) -> Self {
        let path = shared.dir.join(name);
        let made = mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR);
        or_grader_error(made.with_context(|| format!("make gate {name}")));
        shared.gates.lock().unwrap_or_else(PoisonError::into_inner).push(path.clone());
        Self { shared: Arc::clone(shared), path, held: Mutex::new(None) }
    }

    /// The FIFO's path, for scripts that change their folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until somebody has come to the gate.
    #[track_caller]
    pub fn reached(&self) {
        self.reached_by(1);
    }

    /// Waits until `n` processes have come to the gate since it was made.
    #[track_caller]
    pub fn reached_by(&self, n: usize) {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let who = if n == 1 { "a process".to_owned() } else { format!("{n} processes") };
        let what = format!("{who} to reach `gate {name}`");
        self.shared.wait_for_programs(&what, || self.visitors().len() >= n);
    }

    /// The ids of the processes that have come to the gate, in order.
    #[must_use]
    pub fn visitors(&self) -> Vec<i32> {
        let text = fs::read_to_string(marker(&self.path)).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).collect()
    }

    /// Lets everybody through: those who wait and those who come later, as long as this value lives.
    #[track_caller]
    pub fn open(&self) {
        // Both sides at once: such an open never blocks, and a reader blocked in open(2) goes on.
        let file = OpenOptions::new().read(true).write(true).open(&self.path);
        let file = or_grader_error(file.with_context(|| format!("open gate {}", self.path.display())));
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
        self.shared.events.notify();
    }
}

/// Where `gate` writes its id before it blocks.
fn marker(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.reached"))
}
