//! What the tests of the lectures stand on.
//!
//! A demonstration is a program. [`Lecture::example`] runs it in a process group and a folder for temporary files of its
//! own, under a watchdog, and demands that it leaves neither a process nor a file behind. [`Lecture::sessions`],
//! [`Lecture::examples`] and [`Lecture::rows`] are what a test needs to keep the README true.

mod readme;
mod run;
mod signals;

pub use readme::{Session, tests_in};
pub use run::{WATCHDOG, run, run_then};
pub use signals::with_default_signals;

use std::path::{Path, PathBuf};
use std::process::Command;

use assert_cmd::assert::Assert;

/// A lecture's package, as its own tests see it.
#[derive(Debug, Clone, Copy)]
pub struct Lecture {
    package: &'static str,
    folder: &'static str,
    program: &'static str,
}

impl Lecture {
    /// The package of this name. `folder` is its `CARGO_MANIFEST_DIR`, `program` its `CARGO_BIN_EXE_…`.
    #[must_use]
    pub const fn new(package: &'static str, folder: &'static str, program: &'static str) -> Self {
        Self { package, folder, program }
    }

    /// The lecture's folder.
    #[must_use]
    pub fn folder(&self) -> &'static Path {
        Path::new(self.folder)
    }

    /// Its own program with these words, not yet started.
    #[must_use]
    pub fn program(&self, words: &[&str]) -> Command {
        let mut command = Command::new(self.program);
        with_default_signals(command.args(words));
        command
    }

    /// Runs the example of that name, which cargo has built beside the test.
    ///
    /// # Panics
    /// If it is not built, or older than its source; and as [`run`].
    #[must_use]
    pub fn example(&self, name: &str) -> Assert {
        run(&mut self.example_command(name))
    }

    /// The example of that name, not yet started.
    ///
    /// # Panics
    /// If it is not built, or older than its source.
    #[must_use]
    pub fn example_command(&self, name: &str) -> Command {
        let program = target_folder().join("examples").join(name);
        assert!(
            self.is_current(&program, name),
            "the example {name} is not built, or is older than its source: run `cargo test -p {}`, which builds the \
             examples; with `--test lecture` cargo does not",
            self.package
        );
        let mut command = Command::new(program);
        with_default_signals(&mut command);
        command
    }

    /// Whether the example is newer than its own source and the library's: else the test would judge old code.
    /// (`main.rs` is no part of the library, so cargo does not build the examples again when it changes.)
    fn is_current(&self, program: &Path, name: &str) -> bool {
        let changed = |path: &Path| path.metadata().and_then(|metadata| metadata.modified());
        let Ok(built) = changed(program) else { return false };
        let library = self.folder().join("src").read_dir().expect("the sources can be listed");
        let sources = library.map(|entry| entry.expect("an entry can be read").path());
        sources
            .filter(|source| !source.ends_with("main.rs"))
            .chain([self.folder().join("examples").join(name).with_extension("rs")])
            .all(|source| changed(&source).is_ok_and(|changed| changed <= built))
    }
}

/// `target/debug`, or whatever the running test was built into: it lies in `deps` below it.
fn target_folder() -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    test.ancestors().nth(2).expect("the test lies two folders deep").to_owned()
}
