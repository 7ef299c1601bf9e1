//! Which paths of a submission are taken, and what is said about the others. No I/O.

use anyhow::{Context, Result};
use glob::{MatchOptions, Pattern};

/// At most this many files of one submission are taken.
pub const MAX_FILES: usize = 64;
/// No taken file is larger than this, in bytes.
pub const MAX_FILE: u64 = 256 * 1024;
/// All taken files together are no larger than this, in bytes.
pub const MAX_TOTAL: u64 = 2 * 1024 * 1024;

/// What `cargo xtask submit` writes beside the files, for people; grading does not trust it.
pub const MANIFEST: &str = "SUBMISSION.json";

/// What a student may change in one lab.
#[derive(Debug, Clone)]
pub struct Rules {
    editable: Vec<Pattern>,
    given: Vec<Pattern>,
    folder: String,
}

/// What becomes of one file, judged by its path inside the lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Class {
    /// Taken.
    Editable,
    /// Not taken, and not worth a word (`README.md`, `.gitignore`).
    Quiet,
    /// Not taken; several of these become one line. The sentence names a file or a folder.
    Ignored(String),
    /// Not taken; listed together at the end.
    Other,
}

impl Rules {
    /// Compiles the globs of a `lab.toml`. `folder` is the lab's folder name (`01-pipeline-shell`).
    ///
    /// # Errors
    /// When a glob is malformed.
    pub fn new(editable: &[String], given: &[String], folder: &str) -> Result<Self> {
        Ok(Self { editable: patterns(editable)?, given: patterns(given)?, folder: folder.to_owned() })
    }

    /// The lab's folder name.
    #[must_use]
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// Whether a student may hand in this path (relative to the lab's folder).
    #[must_use]
    pub fn is_editable(&self, path: &str) -> bool {
        matches(&self.editable, path) && !matches(&self.given, path)
    }

    /// What becomes of `path`, relative to the lab's folder.
    #[must_use]
    pub fn classify(&self, path: &str) -> Class {
        if matches(&self.given, path) {
            return Class::Ignored(format!("{path} ignored: it is given, the grader's own is used"));
        }
        if matches(&self.editable, path) {
            return Class::Editable;
        }
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        match first {
            "build.rs" | "Cargo.toml" | "Cargo.lock" | "rust-toolchain.toml" | "rust-toolchain" => {
                Class::Ignored(format!("{first} ignored: the grader's own build files are used"))
            }
            ".cargo" => Class::Ignored(format!("{path} ignored: the grader's own settings are used")),
            "tests" => Class::Ignored("tests/ ignored: the grader's own tests are used".to_owned()),
            "lab.toml" => Class::Ignored("lab.toml ignored: the grader's own points are used".to_owned()),
            "README.md" | "ANSWERS.md" | MANIFEST => Class::Quiet,
            hidden if hidden.starts_with('.') && rest.is_empty() => Class::Quiet,
            _ => Class::Other,
        }
    }
}

/// Whether every character of a path is one that no tool treats specially.
#[must_use]
pub fn is_plain_name(path: &str) -> bool {
    !path.is_empty()
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_./-".contains(&byte))
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// How the names of files end that hold other files; the longer ones first. Not each of them can be opened.
const ARCHIVES: [&str; 15] = [
    ".tar.gz", ".tar.zst", ".tar.xz", ".tar.bz2", ".tgz", ".tzst", ".zip", ".tar", ".gz", ".zst", ".xz",
    ".bz2", ".7z", ".rar", ".bundle",
];

/// Whether a file's name says that it holds other files.
#[must_use]
pub fn is_archive(name: &str) -> bool {
    without_ending(name) != name
}

/// A name without what says how the file is packed.
#[must_use]
pub fn without_ending(name: &str) -> &str {
    let lower = name.to_ascii_lowercase();
    let ending = ARCHIVES.iter().find(|ending| lower.ends_with(**ending));
    ending.map_or(name, |ending| &name[..name.len() - ending.len()])
}

fn patterns(globs: &[String]) -> Result<Vec<Pattern>> {
    globs.iter().map(|glob| Pattern::new(glob).with_context(|| format!("read the glob {glob:?}"))).collect()
}

fn matches(patterns: &[Pattern], path: &str) -> bool {
    let options = MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    patterns.iter().any(|pattern| pattern.matches_with(path, options))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn rules() -> Rules {
        Rules::new(&["src/**/*.rs".to_owned()], &["src/main.rs".to_owned()], "01-pipeline-shell").unwrap()
    }

    #[rstest]
    #[case("src/lib.rs", Class::Editable)]
    #[case("src/deep/er/run.rs", Class::Editable)]
    #[case("src/main.rs", Class::Ignored("src/main.rs ignored: it is given, the grader's own is used".into()))]
    #[case("build.rs", Class::Ignored("build.rs ignored: the grader's own build files are used".into()))]
    #[case("tests/spec/mod.rs", Class::Ignored("tests/ ignored: the grader's own tests are used".into()))]
    #[case(".cargo/config.toml", Class::Ignored(".cargo/config.toml ignored: the grader's own settings are used".into()))]
    #[case("README.md", Class::Quiet)]
    #[case(".gitignore", Class::Quiet)]
    #[case("SUBMISSION.json", Class::Quiet)]
    #[case(".starter.json", Class::Quiet)]
    #[case("src/lib.rs.bak-1", Class::Other)]
    #[case("src/data.txt", Class::Other)]
    #[case("notes.pdf", Class::Other)]
    fn a_path_is_taken_or_spoken_of(#[case] path: &str, #[case] expected: Class) {
        assert_eq!(rules().classify(path), expected);
    }

    #[rstest]
    #[case("src/run.rs", true)]
    #[case("src/with space.rs", false)]
    #[case("src/ümlaut.rs", false)]
    #[case("src/../../etc/passwd", false)]
    #[case("/etc/passwd", false)]
    #[case("src//run.rs", false)]
    #[case("src/a\nb.rs", false)]
    #[case("", false)]
    fn only_plain_names_are_taken(#[case] path: &str, #[case] expected: bool) {
        assert_eq!(is_plain_name(path), expected);
    }
}
