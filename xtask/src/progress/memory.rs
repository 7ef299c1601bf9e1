//! From a round of checks to the progress on disk. Make one before the lab is compiled: what is saved
//! meanwhile belongs to the next round.

use std::time::SystemTime;

use super::{Round, store};
use crate::exit::{self, Exit};
use crate::outcome::CheckOutcome;
use crate::sources;
use crate::workspace::{Lab, Workspace};

/// A round that will be remembered.
#[derive(Debug)]
pub struct Memory<'a> {
    workspace: &'a Workspace,
    lab: &'a Lab,
    source: Option<String>,
}

impl<'a> Memory<'a> {
    /// Reads the lab's editable files as they are now.
    #[must_use]
    pub fn new(workspace: &'a Workspace, lab: &'a Lab) -> Self {
        Self::of(workspace, lab, sources::fingerprint(lab))
    }

    /// The same with files whose fingerprint is known.
    #[must_use]
    pub fn of(workspace: &'a Workspace, lab: &'a Lab, source: Option<String>) -> Self {
        Self { workspace, lab, source }
    }

    /// Remembers the outcomes of the round. `is_finished` is false after Ctrl-C, which is no attempt.
    pub fn checked(&self, outcomes: &[CheckOutcome], is_finished: bool) {
        if outcomes.is_empty() {
            return;
        }
        let manifest = &self.lab.manifest;
        let day = today();
        let round = Round { outcomes, source: self.source.as_deref(), day: &day, is_finished };
        store::update(self.workspace, |progress| progress.tried(&manifest.id).record(manifest, &round));
    }

    /// Remembers that there were no outcomes, if the reason is that the files do not compile.
    pub fn not_built(&self, error: &anyhow::Error) {
        if exit::of_error(error) == Exit::DoesNotCompile {
            let source = self.source.as_deref();
            store::update(self.workspace, |progress| {
                progress.tried(&self.lab.manifest.id).record_broken(source);
            });
        }
    }
}

/// The day in UTC, `2027-03-01`.
fn today() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string().chars().take(10).collect()
}
