//! A copy of the tiny course in `tests/tiny` for one test, and the runner in it. The course has no
//! dependencies: two checks, a referee of a page, a second to build.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command as Process;

use assert_cmd::Command;

/// A course that a test may change.
pub(crate) struct Tiny(tempfile::TempDir);

impl Tiny {
    pub(crate) fn new() -> Self {
        let tiny = Self(tempfile::tempdir().unwrap());
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tiny"), tiny.root());
        tiny
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Replaces a part of a file that must be there.
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) -> &Self {
        let text = self.read(path);
        assert!(text.contains(from), "{path} holds no {from}");
        fs::write(self.path(path), text.replacen(from, to, 1)).unwrap();
        self
    }

    /// Adds lab 02, a copy of lab 01 with the program `duo`.
    pub(crate) fn second_lab(&self) -> &Self {
        for room in ["labs", "solutions"] {
            let to = self.path(&format!("{room}/02-two-more"));
            copy(&self.path(&format!("{room}/01-two-checks")), &to);
            rename_all(&to);
        }
        self
    }

    /// Adds the crates that `similar` takes for given: the lecture and the wrappers.
    pub(crate) fn with_lecture(&self) -> &Self {
        for name in ["ipc-kit", "numbers"] {
            let folder = self.path(&format!("crates/{name}"));
            fs::create_dir_all(folder.join("src")).unwrap();
            let manifest = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
            fs::write(folder.join("Cargo.toml"), manifest).unwrap();
            fs::write(folder.join("src/lib.rs"), "").unwrap();
        }
        self
    }

    /// Writes the solution's bodies into the lab.
    pub(crate) fn solve(&self) -> &Self {
        for (stub, line) in [("M1: print 1", "1"), ("M2: print 2", "2"), ("M2: print 3", "3")] {
            self.edit(LIB, &format!("todo!(\"{stub}\")"), &format!("println!(\"{line}\")"));
        }
        self
    }

    /// Makes the course a git checkout that knows all its files.
    pub(crate) fn git_add(&self) {
        let run = |program: &str, args: &[&str]| {
            let status = Process::new(program).args(args).current_dir(self.root()).status();
            assert!(status.unwrap().success(), "{program} {args:?}");
        };
        run("git", &["init", "--quiet"]);
        run("cargo", &["generate-lockfile", "--offline"]);
        run("git", &["add", "--all"]);
    }

    /// Writes a student's checkout.
    pub(crate) fn handout(&self, place: &Path) -> PathBuf {
        self.git_add();
        self.xtask(&["handout", place.to_str().unwrap()]).assert().code(0);
        place.to_owned()
    }

    pub(crate) fn process(&self, args: &[&str]) -> Process {
        let mut command = Process::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(args).current_dir(self.root()).env_remove("CARGO_TARGET_DIR").env_remove("COLUMNS");
        command
    }

    pub(crate) fn xtask(&self, args: &[&str]) -> Command {
        Command::from_std(self.process(args))
    }

    /// What a command prints on stdout, and its status.
    pub(crate) fn told(&self, args: &[&str]) -> (String, Option<i32>) {
        let output = self.process(args).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), output.status.code())
    }
}

/// The student's file.
pub(crate) const LIB: &str = "labs/01-two-checks/src/lib.rs";

/// Makes lab 01's names lab 02's in every file of a folder.
fn rename_all(folder: &Path) {
    const NAMES: [(&str, &str); 10] = [
        ("01-two-checks", "02-two-more"),
        ("01_two_checks", "02_two_more"),
        ("id = \"01\"", "id = \"02\""),
        ("slug = \"two-checks\"", "slug = \"two-more\""),
        ("programs = [\"two\"]", "programs = [\"duo\"]"),
        ("name = \"two\"", "name = \"duo\""),
        ("name = \"sol-two\"", "name = \"sol-duo\""),
        ("CARGO_BIN_EXE_two", "CARGO_BIN_EXE_duo"),
        ("CARGO_BIN_EXE_sol-two", "CARGO_BIN_EXE_sol-duo"),
        ("usage: two ", "usage: duo "),
    ];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rename_all(&path);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, NAMES.iter().fold(text, |text, (from, to)| text.replace(from, to))).unwrap();
    }
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
