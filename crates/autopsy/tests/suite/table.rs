//! `tests/cases.toml`: what each case is about, and what must be said of it. The README's table is made from it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

/// The whole table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Table {
    pub(crate) case: Vec<Case>,
    pub(crate) live: Vec<Live>,
}

/// A program that hangs, or only waits.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// The heading under which the README lists it.
    pub(crate) about: String,
    /// What is wrong, in one sentence.
    pub(crate) story: String,
    /// The verdict in the open world: `Stuck` only if it was proved.
    pub(crate) open: String,
    /// The verdict in the closed world; none where its promise is not true.
    pub(crate) closed: Option<String>,
    /// The kinds of the causes, the root first; none for what is no hang.
    #[serde(default)]
    pub(crate) causes: Vec<String>,
    /// The key sentence, as `normal` leaves it.
    pub(crate) says: String,
    /// The first advice.
    pub(crate) fix: Option<String>,
    /// The verdicts, open and closed, where `/proc/PID/syscall` is refused.
    pub(crate) refused: Vec<String>,
    /// What it then says at least.
    pub(crate) refused_says: String,
    /// The key process only waits for the root cause, so the short form counts it and does not tell of it.
    #[serde(default)]
    pub(crate) only_in_full: bool,
    /// It never comes to rest, and says `ready` instead.
    #[serde(default)]
    pub(crate) says_ready: bool,
    /// Why the sandbox does not allow it.
    pub(crate) not_in_sandbox: Option<String>,
}

/// A correct program that goes on for ever.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Live {
    pub(crate) name: String,
    /// What it does.
    pub(crate) story: String,
    /// Why the promise of the closed world is not true for it.
    pub(crate) opened_by: Option<String>,
}

impl Table {
    pub(crate) fn read() -> Result<Self> {
        let path = folder().join("tests/cases.toml");
        let text = std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("read {}", path.display()))
    }
}

/// The crate's folder.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}
