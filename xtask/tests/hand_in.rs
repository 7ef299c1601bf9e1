//! `submit` and `reset`, from outside.

mod tiny_kit;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use grader::intake::{self, rules::Rules};
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;
use rstest::rstest;
use tiny_kit::{LIB, Tiny};

const LAB: &str = "labs/01-two-checks";

fn rules() -> Rules {
    Rules::new(&["src/**/*.rs".to_owned()], &["src/main.rs".to_owned()], "01-two-checks").unwrap()
}

/// The archives in the course's folder.
fn archives(tiny: &Tiny) -> Vec<String> {
    let names =
        fs::read_dir(tiny.root()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".zip")).collect()
}

#[test]
fn what_was_packed_is_what_the_grader_takes() {
    let tiny = Tiny::new();
    tiny.solve();
    fs::create_dir(tiny.path("labs/01-two-checks/src/deep")).unwrap();
    fs::write(tiny.path("labs/01-two-checks/src/deep/more.rs"), [b'/', b'/', 0xff, b'\n']).unwrap();
    fs::write(tiny.path("labs/01-two-checks/ANSWERS.md"), "1. Because.\n").unwrap();
    fs::write(tiny.path("labs/01-two-checks/src/lib.rs.bak-1"), "old").unwrap();
    let told = contains("lab01-Ada-Lovelace-")
        .and(contains(": 3 files, 2 KiB"))
        .and(contains("1 other file ignored: src/lib.rs.bak-1"));
    tiny.xtask(&["submit", "01", "--name", "Ada Lovelace"]).assert().code(0).stdout(told);
    let packed = archives(&tiny);
    assert_eq!(packed.len(), 1);

    let class = tempfile::tempdir().unwrap();
    unpack(&tiny.path(&packed[0]), class.path());
    let taken = intake::read(class.path(), &rules(), &tiny.path(LAB));
    assert_eq!((&taken.notes, &taken.refused), (&vec![], &None));
    let names: Vec<&String> = taken.files.keys().collect();
    assert_eq!(names, ["src/deep/more.rs", "src/lib.rs"]);
    assert_eq!(taken.files["src/lib.rs"], fs::read(tiny.path(LIB)).unwrap());
    assert_eq!(taken.files["src/deep/more.rs"], [b'/', b'/', 0xff, b'\n']);
    let answers = fs::read_to_string(class.path().join("01-two-checks/ANSWERS.md")).unwrap();
    assert_eq!(answers, "1. Because.\n");
}

/// As an instructor does, who does not fear this archive.
fn unpack(archive: &Path, to: &Path) {
    let bytes = fs::read(archive).unwrap();
    let zip = rawzip::ZipArchive::from_slice(&bytes).unwrap();
    let mut entries = zip.entries();
    while let Some(entry) = entries.next_entry().unwrap() {
        let place = to.join(entry.file_path().try_normalize().unwrap().as_ref());
        let data = zip.get_entry(entry.wayfinder()).unwrap().data();
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, miniz_oxide::inflate::decompress_to_vec(data).unwrap()).unwrap();
    }
}

#[test]
fn the_hashes_can_be_computed_by_anybody() {
    let tiny = Tiny::new();
    fs::write(tiny.path("labs/01-two-checks/ANSWERS.md"), "1.\n").unwrap();
    let (out, _) = tiny.told(&["submit", "01", "--out", "mine.zip"]);
    let script = "sha256sum mine.zip; cd labs/01-two-checks; sha256sum ANSWERS.md src/lib.rs | sha256sum";
    let sums = Command::new("sh").args(["-c", script]).current_dir(tiny.root()).output().unwrap();
    let sums = String::from_utf8(sums.stdout).unwrap();
    for line in sums.lines() {
        assert!(out.contains(line.split(' ').next().unwrap()), "{line} is not in\n{out}");
    }
}

#[test]
fn the_same_files_give_the_same_archive_and_nothing_else_is_overwritten() {
    let tiny = Tiny::new();
    tiny.xtask(&["submit", "01", "--out", "mine.zip"]).assert().code(0);
    let first = fs::read(tiny.path("mine.zip")).unwrap();
    tiny.xtask(&["submit", "01", "--out", "mine.zip"]).assert().code(0);
    assert_eq!(fs::read(tiny.path("mine.zip")).unwrap(), first);
    tiny.solve();
    let line = "error: mine.zip: is there already and holds something else; name another\n";
    tiny.xtask(&["submit", "01", "--out", "mine.zip"]).assert().code(4).stderr(line);
    assert_eq!(fs::read(tiny.path("mine.zip")).unwrap(), first);
    // A folder is where the archive goes.
    tiny.xtask(&["submit", "01", "--out", "labs"]).assert().code(0).stdout(contains("labs/lab01-"));
    tiny.xtask(&["submit", "01", "--out", "no/such/x.zip"])
        .assert()
        .code(4)
        .stderr(contains("write no/such/x.zip: No such file"));
}

#[test]
fn a_student_is_warned_of_what_would_get_no_points() {
    let tiny = Tiny::new();
    let warned = || {
        let told = tiny.process(&["submit", "01"]).output().unwrap();
        assert!(told.status.success());
        String::from_utf8(told.stderr).unwrap()
    };
    let told = warned();
    assert!(
        told.contains("every file is as it was given") && told.contains("were not checked yet"),
        "{told}"
    );
    tiny.edit(LIB, "todo!(\"M1: print 1\")", "missing()");
    tiny.xtask(&["check", "01"]).assert().code(3);
    assert_eq!(warned(), "warning: these files do not compile; they would get no points\n");
    tiny.edit(LIB, "missing()", "println!(\"1\")");
    tiny.xtask(&["check", "01"]).assert().code(1);
    assert_eq!(warned(), "");
}

#[test]
fn nothing_is_packed_when_a_part_of_the_work_would_be_missing() {
    let tiny = Tiny::new();
    let refused = |why: &str| {
        let line = format!("error: lab 01: {why}\n");
        tiny.xtask(&["submit", "01"]).assert().code(4).stdout("").stderr(line);
        assert_eq!(archives(&tiny), Vec::<String>::new());
    };
    let file = |name: &str| tiny.path("labs/01-two-checks/src").join(name);
    symlink("/etc/passwd", file("jobs.rs")).unwrap();
    refused("src/jobs.rs is a symbolic link: refused; nothing was packed");
    fs::remove_file(file("jobs.rs")).unwrap();
    fs::write(file("big.rs"), "x".repeat(256 * 1024 + 1)).unwrap();
    refused("src/big.rs refused: larger than 256 KiB; nothing was packed");
    fs::remove_file(file("big.rs")).unwrap();
    let odd = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"\xff\x1b.rs");
    let odd = tiny.path("labs/01-two-checks/src").join(odd);
    fs::write(&odd, "").unwrap();
    refused(
        "src/\u{fffd}\\u{1b}.rs refused: a file name may only contain letters, digits, _, - and .; nothing was packed",
    );
    fs::remove_file(odd).unwrap();
    for number in 0..64 {
        fs::write(file(&format!("f{number}.rs")), "").unwrap();
    }
    refused("65 editable files, at most 64 are allowed");
    fs::remove_dir_all(tiny.path("labs/01-two-checks/src")).unwrap();
    refused("no editable file of 01-two-checks was found");
}

#[test]
fn a_reset_file_is_the_starters_and_the_students_is_kept() {
    let tiny = Tiny::new();
    let given = tiny.read(LIB);
    for round in 1..=2 {
        fs::write(tiny.path(LIB), format!("// mine {round}\n")).unwrap();
        let told = format!("your version: {LIB}.bak-{round}\nrestored:     {LIB}\n");
        tiny.xtask(&["reset", "01", "src/lib.rs"]).assert().code(0).stdout(told);
        assert_eq!(tiny.read(LIB), given);
    }
    assert_eq!(tiny.read("labs/01-two-checks/src/lib.rs.bak-1"), "// mine 1\n");
    assert_eq!(tiny.read("labs/01-two-checks/src/lib.rs.bak-2"), "// mine 2\n");
    let told = format!("{LIB} is as it was given: nothing to do\n");
    tiny.xtask(&["reset", "01", "lib.rs"]).assert().code(0).stdout(told);
    // The copies beside it disturb nobody.
    tiny.xtask(&["starters", "--check"]).assert().code(0);
    tiny.xtask(&["check", "01"]).assert().code(1);
}

#[test]
fn a_lost_file_is_restored() {
    let tiny = Tiny::new();
    let given = tiny.read(LIB);
    fs::remove_file(tiny.path(LIB)).unwrap();
    let listed = "missing     src/lib.rs\nas given    src/main.rs\n";
    tiny.xtask(&["reset", "01", "--list"]).assert().code(0).stdout(listed);
    tiny.xtask(&["reset", "01", "src/lib.rs"]).assert().code(0).stdout(format!("restored:     {LIB}\n"));
    assert_eq!(tiny.read(LIB), given);
    fs::remove_dir_all(tiny.path("labs/01-two-checks/src")).unwrap();
    tiny.xtask(&["reset", "01", "src/lib.rs"]).assert().code(0);
    assert_eq!(tiny.read(LIB), given);
}

#[test]
fn every_editable_file_can_be_restored_wherever_it_lies() {
    let tiny = Tiny::new();
    tiny.edit("labs/01-two-checks/lab.toml", "\"src/**/*.rs\"", "\"src/**/*.rs\", \"data/*.txt\"");
    fs::create_dir(tiny.path("labs/01-two-checks/data")).unwrap();
    fs::write(tiny.path("labs/01-two-checks/data/words.txt"), "given\n").unwrap();
    let place = tempfile::tempdir().unwrap();
    let handout = tiny.handout(&place.path().join("course"));
    let words = handout.join("labs/01-two-checks/data/words.txt");
    fs::write(&words, "mine\n").unwrap();
    let listed = "changed     data/words.txt\nas given    src/lib.rs\nas given    src/main.rs\n";
    tiny.xtask(&["reset", "01", "--list"]).current_dir(&handout).assert().code(0).stdout(listed);
    tiny.xtask(&["reset", "01", "data/words.txt"]).current_dir(&handout).assert().code(0);
    assert_eq!(fs::read_to_string(&words).unwrap(), "given\n");
    assert_eq!(fs::read_to_string(words.with_extension("txt.bak-1")).unwrap(), "mine\n");
}

#[rstest]
#[case::from_the_lab("src/lib.rs", LAB)]
#[case::from_its_folder("lib.rs", "labs/01-two-checks/src")]
#[case::from_the_course("./labs/01-two-checks/src/lib.rs", ".")]
#[case::through_a_parent("../src/lib.rs", "labs/01-two-checks/tests")]
fn a_file_may_be_named_from_anywhere(#[case] name: &str, #[case] from: &str) {
    let tiny = Tiny::new();
    fs::write(tiny.path(LIB), "// mine\n").unwrap();
    tiny.xtask(&["reset", "01", name])
        .current_dir(tiny.path(from))
        .assert()
        .code(0)
        .stdout(contains("restored:"));
}

#[rstest]
#[case::not_given(&["reset", "01", "src/mine.rs"], 2, "src/mine.rs: no file that 01-two-checks began with; those are src/lib.rs, src/main.rs")]
#[case::the_manifest(&["reset", "01", "lab.toml"], 2, "lab.toml: no file that 01-two-checks began with")]
#[case::outside(&["reset", "01", "../../Cargo.toml"], 2, "no file that 01-two-checks began with")]
#[case::escapes(&["reset", "01", "a\u{1b}[2J"], 2, "a\\u{1b}[2J: no file")]
#[case::no_file(&["reset", "01"], 2, "which file? `cargo xtask reset 01 --list` names those there are")]
#[case::unknown_lab(&["reset", "07", "src/lib.rs"], 2, "there is no lab `07`")]
#[case::submit_unknown_lab(&["submit", "07"], 2, "there is no lab `07`")]
#[case::no_archive(&["submit", "01", "--out", "new"], 2, "--out new: name a folder that is there, or a file that ends in .zip")]
#[case::bad_name(&["submit", "01", "--name", "../x"], 2, "a name is 1 to 60 letters")]
fn bad_input_changes_nothing(#[case] args: &[&str], #[case] status: i32, #[case] line: &str) {
    let tiny = Tiny::new();
    let before = listing(tiny.root());
    tiny.xtask(args).assert().code(status).stdout("").stderr(contains(line));
    assert_eq!(listing(tiny.root()), before);
}

#[test]
fn a_folder_in_place_of_a_file_is_told() {
    let tiny = Tiny::new();
    fs::remove_file(tiny.path(LIB)).unwrap();
    fs::create_dir(tiny.path(LIB)).unwrap();
    let line = format!("error: {LIB}: Is a directory\n");
    tiny.xtask(&["reset", "01", "src/lib.rs"]).assert().code(4).stdout("").stderr(line);
}

#[test]
fn a_students_checkout_has_its_own_copy_of_the_starter() {
    let tiny = Tiny::new();
    let place = tempfile::tempdir().unwrap();
    let handout = tiny.handout(&place.path().join("course"));
    let given = tiny.read(LIB);
    fs::write(handout.join(LIB), "// mine\n").unwrap();
    tiny.xtask(&["reset", "01", "src/lib.rs"]).current_dir(&handout).assert().code(0);
    assert_eq!(fs::read_to_string(handout.join(LIB)).unwrap(), given);
    // The copy is no part of what is handed in, and no reason for words.
    let taken = intake::read(&handout.join(LAB), &rules(), &handout.join(LAB));
    assert_eq!(taken.notes, ["1 other file ignored: src/lib.rs.bak-1"]);

    let copy = handout.join("labs/01-two-checks/.starter.json");
    let text = fs::read_to_string(&copy).unwrap();
    fs::write(&copy, text.replace("M1: print 1", "M1: print")).unwrap();
    let line = "error: labs/01-two-checks/.starter.json: it was changed: its hash is another; take it from your course's handout\n";
    let reset = |line: &str| {
        let mut reset = tiny.xtask(&["reset", "01", "src/lib.rs"]);
        reset.current_dir(&handout).assert().code(4).stdout("").stderr(line.to_owned());
    };
    reset(line);
    fs::remove_file(copy).unwrap();
    reset(
        "error: labs/01-two-checks/.starter.json: No such file or directory; take it from your course's handout\n",
    );
    let warning = contains("not compared with the starter");
    tiny.xtask(&["submit", "01"]).current_dir(&handout).assert().code(0).stderr(warning);
}

#[test]
fn a_lab_whose_author_has_played_it_is_not_handed_out() {
    let tiny = Tiny::new();
    tiny.solve();
    let place = tempfile::tempdir().unwrap();
    let line = format!("{LIB}: not the starter's; run `cargo xtask starters`");
    tiny.git_add();
    tiny.xtask(&["handout", place.path().join("course").to_str().unwrap()])
        .assert()
        .code(4)
        .stderr(contains(line));
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

fn listing(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(listing(&path));
        }
        found.push(path.display().to_string());
    }
    found.sort();
    found
}
