//! The work of a member: in memory, or where it was handed in, to be read again when it is needed.
//!
//! A class is as large as it is. So of a submission only its place and the hash of its files are kept; a slot reads the
//! files when it builds them. What has changed meanwhile is not graded: it would not be what the journal names.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, bail};

use super::digest;
use crate::intake::git::Until;
use crate::intake::rules::Rules;
use crate::intake::{Files, HandIn};

/// The work of a member.
#[derive(Debug, Clone)]
pub enum Work {
    /// There is none: nothing was handed in, or it was refused.
    Nothing,
    /// Files that the course itself made.
    Here(Files),
    /// Files of a submission.
    There(Arc<Submitted>),
}

/// Where the files of a submission are, and what they were.
#[derive(Debug)]
pub struct Submitted {
    pub(super) paths: Vec<PathBuf>,
    pub(super) reading: Reading,
    pub(super) rules: Arc<Rules>,
    /// The lab's own folder.
    pub(super) originals: PathBuf,
    /// See [`digest::content`].
    pub(super) content: String,
}

/// How submissions are read.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// The folder names of all labs.
    pub(super) labs: Arc<[String]>,
    /// Only one lab is asked for, so that files need not say of which lab they are.
    pub(super) is_sure: bool,
    /// Of a git repository only what was committed until then.
    pub(super) until: Until,
}

impl Reading {
    pub(super) fn open(&self, paths: &[PathBuf]) -> HandIn {
        HandIn::open(paths, &self.labs, self.is_sure, self.until)
    }
}

impl Work {
    /// Whether there is none.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Here(files) => files.is_empty(),
            Self::There(_) => false,
        }
    }

    /// The files, by path in the lab.
    ///
    /// # Errors
    /// When a submission is no longer what it was when the class was read.
    pub fn files(&self) -> Result<Cow<'_, Files>> {
        match self {
            Self::Nothing => Ok(Cow::Owned(Files::new())),
            Self::Here(files) => Ok(Cow::Borrowed(files)),
            Self::There(submitted) => submitted.read().map(Cow::Owned),
        }
    }

    /// The hash of the files.
    pub(super) fn content(&self) -> Cow<'_, str> {
        match self {
            Self::Nothing => Cow::Owned(digest::content(&Files::new())),
            Self::Here(files) => Cow::Owned(digest::content(files)),
            Self::There(submitted) => Cow::Borrowed(&submitted.content),
        }
    }
}

impl Submitted {
    fn read(&self) -> Result<Files> {
        let taken = self.reading.open(&self.paths).take(&self.rules, &self.originals);
        if digest::content(&taken.files) != self.content {
            let names: Vec<_> = self.paths.iter().map(|path| path.display().to_string()).collect();
            bail!("{}: has changed since the run began; grade it again", names.join(", "));
        }
        Ok(taken.files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn submitted(folder: &std::path::Path) -> Submitted {
        let rules = Rules::new(&["src/**/*.rs".to_owned()], &[], "01-x").unwrap();
        let reading = Reading { labs: ["01-x".to_owned()].into(), is_sure: true, until: None };
        let mut submitted = Submitted {
            paths: vec![folder.join("alice")],
            reading,
            rules: rules.into(),
            originals: folder.join("lab"),
            content: String::new(),
        };
        let taken = submitted.reading.open(&submitted.paths).take(&submitted.rules, &submitted.originals);
        submitted.content = digest::content(&taken.files);
        submitted
    }

    #[test]
    fn a_submission_is_read_again_and_what_has_changed_is_not_graded() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("alice/src/lib.rs");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "pub fn a() {}").unwrap();
        let work = Work::There(submitted(folder.path()).into());
        assert_eq!(work.files().unwrap()["src/lib.rs"], b"pub fn a() {}");
        fs::write(&file, "pub fn b() {}").unwrap();
        let error = work.files().unwrap_err().to_string();
        assert!(error.ends_with("alice: has changed since the run began; grade it again"), "{error}");
        fs::remove_dir_all(folder.path().join("alice")).unwrap();
        assert!(work.files().is_err());
    }
}
