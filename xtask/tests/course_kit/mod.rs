//! A copy of the small course in `tests/course`, and the grader run on it.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command as Process;
use std::sync::OnceLock;

use assert_cmd::Command;
use grader::score::{Member, Results};

/// A right answer to lab 01.
pub(crate) const RIGHT: &str = include_str!("../course/solutions/01-hello/alternative/src/lib.rs");

/// A right answer to lab 02.
pub(crate) const RIGHT_PAIR: &str = include_str!("../course/solutions/02-pair/alternative/src/lib.rs");

/// The course, copied once for each test binary.
pub(crate) fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let place =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("course-{}", env!("CARGO_CRATE_NAME")));
        let _ = fs::remove_dir_all(&place);
        copy(&here().join("tests/course"), &place);
        // The specification of the small course stands on the real testkit.
        let manifest = fs::read_to_string(place.join("Cargo.toml")).unwrap();
        let crates = here().join("../crates").canonicalize().unwrap();
        let manifest = manifest.replace("../../../crates", crates.to_str().unwrap());
        fs::write(place.join("Cargo.toml"), manifest).unwrap();
        fs::copy(here().join("../Cargo.lock"), place.join("Cargo.lock")).unwrap();
        place
    })
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where the course is compiled; shared, because only its lab differs.
pub(crate) fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("course-target")
}

/// `cargo xtask ARGS` in the course.
pub(crate) fn xtask(args: &[&str]) -> Command {
    Command::from_std(plain_xtask(args))
}

/// The same for tests that stay in touch with the process.
pub(crate) fn plain_xtask(args: &[&str]) -> Process {
    let mut command = Process::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(args).current_dir(root()).env("CARGO_TARGET_DIR", target());
    command
}

/// A folder to be graded and a folder for the grades.
pub(crate) struct Class {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) out: tempfile::TempDir,
}

impl Class {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), out: tempfile::tempdir().unwrap() }
    }

    /// Adds a file to a submission: `alice/src/lib.rs`.
    pub(crate) fn file(&self, path: &str, text: &str) -> &Self {
        self.bytes(path, text.as_bytes())
    }

    fn bytes(&self, path: &str, bytes: &[u8]) -> &Self {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    /// Adds a submission that is packed.
    pub(crate) fn zip(&self, path: &str, members: &[(&str, &str)]) -> &Self {
        let mut archive = rawzip::ZipArchiveWriter::new(Vec::new());
        for (name, text) in members {
            let (mut entry, config) = archive.new_file(name).start().unwrap();
            let mut writer = config.wrap(&mut entry);
            writer.write_all(text.as_bytes()).unwrap();
            let (_, descriptor) = writer.finish().unwrap();
            entry.finish(descriptor).unwrap();
        }
        self.bytes(path, &archive.finish().unwrap())
    }

    /// The same in the other usual form.
    pub(crate) fn tar_gz(&self, path: &str, members: &[(&str, &str)]) -> &Self {
        let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let mut builder = tar::Builder::new(encoder);
        for (name, text) in members {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            builder.append_data(&mut header, name, text.as_bytes()).unwrap();
        }
        self.bytes(path, &builder.into_inner().unwrap().finish().unwrap())
    }

    pub(crate) fn link(&self, target: &Path, path: &str) -> &Self {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(target, path).unwrap();
        self
    }

    /// The arguments that grade lab 01 of it.
    pub(crate) fn args<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        [&self.args_of_course(&["--lab", "01"])[..], more].concat()
    }

    /// The arguments that grade every lab of it.
    pub(crate) fn args_of_course<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        self.args_with_kept(&[&["--fresh"], more].concat())
    }

    /// The same for a run that uses the verdicts of earlier ones. The tests share one target folder: what is not to be known
    /// from another test must be work that no other test hands in.
    pub(crate) fn args_with_kept<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let (folder, out) = (self.folder.path().to_str().unwrap(), self.out.path().to_str().unwrap());
        [&["grade", folder, "--out", out], more].concat()
    }

    /// Grades lab 01 of it; expects success.
    pub(crate) fn graded(&self, more: &[&str]) -> Results {
        xtask(&self.args(more)).assert().success();
        self.results()
    }

    pub(crate) fn results(&self) -> Results {
        grader::report::json::parse(&self.read("results.json")).unwrap()
    }

    /// A file of the newest grades.
    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.out.path().join("latest").join(name)).unwrap()
    }
}

/// The member with this name; of several labs the first one's.
pub(crate) fn member<'a>(results: &'a Results, name: &str) -> &'a Member {
    results.members().find(|member| member.entry.name == name).unwrap_or_else(|| panic!("no member {name}"))
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
