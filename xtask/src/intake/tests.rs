//! Whole folders through intake.

use super::*;
use std::os::unix::fs::{PermissionsExt, symlink};

struct World {
    lab: tempfile::TempDir,
    hand_in: tempfile::TempDir,
    rules: Rules,
}

impl World {
    fn new(files: &[(&str, &str)]) -> Self {
        let rules = Rules::new(&["src/**/*.rs".to_owned()], &["src/main.rs".to_owned()], "01-x").unwrap();
        let world = Self { lab: tempfile::tempdir().unwrap(), hand_in: tempfile::tempdir().unwrap(), rules };
        write(world.lab.path(), "Cargo.toml", "[package]");
        write(world.lab.path(), "src/main.rs", "fn main() {}");
        write(world.lab.path(), "tests/main.rs", "mod spec;");
        for (path, text) in files {
            write(world.hand_in.path(), path, text);
        }
        world
    }

    fn read(&self) -> Submission {
        read(self.hand_in.path(), &self.rules, self.lab.path())
    }
}

fn write(top: &Path, path: &str, text: &str) {
    let path = top.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn an_untouched_copy_of_the_lab_needs_no_words() {
    let world = World::new(&[
        ("labs/01-x/src/lib.rs", "pub fn a() {}"),
        ("labs/01-x/src/main.rs", "fn main() {}"),
        ("labs/01-x/Cargo.toml", "[package]"),
        ("labs/01-x/tests/main.rs", "mod spec;"),
        ("labs/01-x/README.md", "edited"),
    ]);
    let got = world.read();
    assert_eq!((got.notes, got.refused), (vec![], None));
    assert_eq!(got.files.keys().collect::<Vec<_>>(), ["src/lib.rs"]);
}

#[test]
fn what_is_ignored_is_said_in_sentences() {
    let world = World::new(&[
        ("src/lib.rs", ""),
        ("src/main.rs", "fn main() { cheat() }"),
        ("build.rs", "fn main() {}"),
        (".cargo/config.toml", "[build]"),
        ("tests/main.rs", "// all pass"),
        ("tests/spec/mod.rs", "// all pass"),
        ("target/debug/psh", ""),
        ("notes.txt", ""),
    ]);
    symlink("/etc/passwd", world.hand_in.path().join("src/solution.rs")).unwrap();
    assert_eq!(
        world.read().notes,
        [
            ".cargo/config.toml ignored: the grader's own settings are used",
            "build.rs ignored: the grader's own build files are used",
            "src/main.rs ignored: it is given, the grader's own is used",
            "src/solution.rs is a symbolic link: refused",
            "target/ ignored: the grader builds afresh",
            "tests/ ignored: the grader's own tests are used",
            "1 other file ignored: notes.txt",
        ]
    );
}

#[test]
fn an_empty_folder_and_a_folder_without_the_lab_say_so() {
    assert_eq!(World::new(&[]).read().refused.unwrap(), "the folder is empty");
    let other = World::new(&[("essay.txt", "")]);
    assert_eq!(other.read().refused.unwrap(), "no editable file of 01-x was found");
}

#[test]
fn a_submission_beyond_the_limits_is_refused_as_a_whole() {
    let many: Vec<String> = (0..65).map(|n| format!("src/f{n}.rs")).collect();
    let world = World::new(&many.iter().map(|path| (path.as_str(), "")).collect::<Vec<_>>());
    let got = world.read();
    assert_eq!(got.refused.unwrap(), "65 editable files, at most 64 are allowed");
    assert!(got.files.is_empty());
}

#[test]
fn one_file_that_is_too_large_or_oddly_named_is_refused() {
    let large = "x".repeat(256 * 1024 + 1);
    let world = World::new(&[("src/lib.rs", ""), ("src/big.rs", &large), ("src/a b.rs", "")]);
    let got = world.read();
    assert_eq!(
        got.notes,
        [
            "src/a b.rs refused: a file name may only contain letters, digits, _, - and .",
            "src/big.rs refused: larger than 256 KiB",
        ]
    );
    assert_eq!(got.files.len(), 1);
    // Both belong to the work: whoever packs it must know.
    assert_eq!(got.missing, got.notes);
}

#[test]
fn a_linked_folder_of_sources_is_a_part_of_the_work_and_other_links_are_not() {
    let world = World::new(&[("src/lib.rs", "")]);
    for link in ["src/jobs", "src/.#lib.rs", "notes"] {
        symlink("/tmp", world.hand_in.path().join(link)).unwrap();
    }
    assert_eq!(world.read().missing, ["src/jobs is a symbolic link: refused"]);
}

#[test]
fn a_link_in_place_of_the_submission_is_refused() {
    let world = World::new(&[("real/src/lib.rs", "")]);
    symlink("real", world.hand_in.path().join("link")).unwrap();
    let got = read(&world.hand_in.path().join("link"), &world.rules, world.lab.path());
    assert_eq!(got.refused.unwrap(), "the folder cannot be read: Not a directory");
}

#[test]
fn a_folder_that_may_not_be_read_says_so() {
    let world = World::new(&[("src/lib.rs", "")]);
    std::fs::set_permissions(world.hand_in.path(), PermissionsExt::from_mode(0o000)).unwrap();
    let got = world.read();
    std::fs::set_permissions(world.hand_in.path(), PermissionsExt::from_mode(0o700)).unwrap();
    // Root reads everything; then there is nothing to say.
    let expected = (!nix::unistd::geteuid().is_root())
        .then(|| "the folder cannot be read: Permission denied".to_owned());
    assert_eq!(got.refused, expected);
}

#[test]
fn a_part_that_may_not_be_read_is_not_graded_as_if_it_had_not_been_written() {
    for (closed, mode) in [("src/run.rs", 0o000), ("src/parse", 0o000)] {
        let world = World::new(&[("src/lib.rs", ""), ("src/run.rs", ""), ("src/parse/word.rs", "")]);
        let path = world.hand_in.path().join(closed);
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        let got = world.read();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o700)).unwrap();
        if nix::unistd::geteuid().is_root() {
            // Root reads everything.
            assert_eq!((got.refused, got.files.len()), (None, 3));
        } else {
            let told = got.refused.unwrap().to_lowercase();
            assert_eq!(told, format!("{closed} cannot be read: permission denied"));
            assert!(got.files.is_empty());
        }
    }
}
