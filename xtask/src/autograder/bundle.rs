//! What an autograder's archive holds besides the checkout. Pure.
//!
//! Every platform gets the same two scripts; `run_autograder` begins with a few lines of its own, which say where a submission
//! and a result are, and what the result is until there is one.

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::Platform;

const SETUP: &str = include_str!("scripts/setup.sh");
const TOOLCHAIN: &str = include_str!("scripts/toolchain.sh");
const RUN: &str = include_str!("scripts/run.sh");
const DOCKERFILE: &str = include_str!("scripts/Dockerfile");

/// A path in the archive, the bytes, the mode.
pub(super) type File = (String, Vec<u8>, u32);

/// What makes one archive different from another.
pub(super) struct Bundle<'a> {
    pub(super) platform: Platform,
    /// `01`
    pub(super) lab: &'a str,
    /// `01-pipeline-shell`
    pub(super) folder: &'a str,
    /// `1.95.0`
    pub(super) channel: &'a str,
}

impl Bundle<'_> {
    /// The scripts, and what the platform wants besides.
    ///
    /// # Errors
    /// Never in practice: it writes to memory.
    pub(super) fn files(&self) -> Result<Vec<File>> {
        let (begin, word) = match self.platform {
            Platform::Gradescope => (include_str!("scripts/gradescope.sh"), "gradescope"),
            Platform::Classroom50 => (include_str!("scripts/classroom50.sh"), "classroom50"),
            Platform::Autolab => (include_str!("scripts/autolab.sh"), "autolab"),
            Platform::Prairielearn => (include_str!("scripts/prairielearn.sh"), "prairielearn"),
        };
        let filled = |text: &str| {
            let text = text.replace("@LAB@", self.lab).replace("@FOLDER@", self.folder);
            text.replace("@CHANNEL@", self.channel).replace("@PLATFORM@", word).into_bytes()
        };
        let file = |name: &str, text: &str, mode| (name.to_owned(), filled(text), mode);
        let mut files = vec![
            file("setup.sh", SETUP, 0o755),
            file("run_autograder", &format!("{begin}{RUN}"), 0o755),
            file("toolchain.sh", TOOLCHAIN, 0o644),
        ];
        match self.platform {
            Platform::Gradescope => {}
            Platform::Classroom50 => {
                files.push(file("autograder.py", include_str!("scripts/autograder.py"), 0o755));
            }
            Platform::Prairielearn => files.push(file("Dockerfile", DOCKERFILE, 0o644)),
            Platform::Autolab => {
                files.push(file("Dockerfile", DOCKERFILE, 0o644));
                files.push(file("autograde-Makefile", include_str!("scripts/autograde-Makefile"), 0o644));
                files.push(("autograde.tar".to_owned(), tar()?, 0o644));
            }
        }
        Ok(files)
    }
}

/// Autolab does not begin without one.
fn tar() -> Result<Vec<u8>> {
    let text = include_str!("scripts/autolab-README").as_bytes();
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    header.set_mode(0o644);
    let mut tar = tar::Builder::new(Vec::new());
    tar.append_data(&mut header, "README", text).context("write autograde.tar")?;
    tar.into_inner().context("finish autograde.tar")
}

/// The toolchain that the course is pinned to, from `rust-toolchain.toml`.
///
/// # Errors
/// When the file names none.
pub(super) fn channel(text: &str) -> Result<String> {
    #[derive(Deserialize)]
    struct File {
        toolchain: Toolchain,
    }
    #[derive(Deserialize)]
    struct Toolchain {
        channel: String,
    }
    toml::from_str(text)
        .map(|file: File| file.toolchain.channel)
        .context("read the channel in rust-toolchain.toml")
}
