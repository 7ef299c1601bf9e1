//! A class that is graded again: what is known is not done twice, and a run that was killed goes on.

mod course_kit;

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::Once;

use course_kit::{Class, RIGHT, RIGHT_PAIR, member, plain_xtask, xtask};
use nix::poll::poll;
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;
use rstest::rstest;

const HANGS: &str = "pub fn run() -> u8 { loop { std::thread::park() } }";

/// Work that nobody has handed in before.
fn new_work(text: &str) -> String {
    let token: String = std::iter::repeat_with(fastrand::alphanumeric).take(20).collect();
    format!("// {token}\n{text}")
}

/// What a second run says that has nothing to do.
fn nothing_to_do(members: usize) -> String {
    format!("lab 01: {members} graded before, 0 to grade (--fresh grades all of them)\n")
}

#[test]
fn a_second_run_builds_nothing_and_runs_nothing() {
    let class = class();
    class
        .file("alice/src/lib.rs", &new_work(RIGHT))
        .file("bob/src/lib.rs", &new_work("pub fn run() -> u8 { 3 }"));
    class.file("carol/src/lib.rs", &new_work("pub fn run() -> u8 { missing }"));
    xtask(&class.args_with_kept(&["--lab", "01"])).assert().success().stderr(contains("graded before").not());
    let names = ["gradebook.csv", "milestones.csv"];
    let first = names.map(|name| class.read(name));
    xtask(&class.args_with_kept(&["--lab", "01"])).assert().success().stderr(nothing_to_do(3));
    assert_eq!(names.map(|name| class.read(name)), first);
    // A seed that was asked for is another run; what does not compile has no seed.
    let other = class.args_with_kept(&["--lab", "01", "--seed", "7"]);
    xtask(&other).assert().success().stderr(contains("lab 01: 1 graded before, 2 to grade"));
}

#[test]
fn only_what_was_changed_is_graded_again() {
    let class = class();
    class
        .file("alice/src/lib.rs", &new_work(RIGHT))
        .file("bob/src/lib.rs", &new_work("pub fn run() -> u8 { 3 }"));
    xtask(&class.args_with_kept(&["--lab", "01"])).assert().success();
    let before = class.results();
    class.file("bob/src/lib.rs", &new_work(RIGHT));
    let said = contains("lab 01: 1 graded before, 1 to grade").and(contains("1/1 bob: 100 points"));
    xtask(&class.args_with_kept(&["--lab", "01"])).assert().success().stderr(said);
    let after = class.results();
    assert_eq!(member(&before, "alice").checks, member(&after, "alice").checks);
    assert_eq!((member(&before, "bob").total, member(&after, "bob").total), (0, 100));
}

/// A class in a course that was compiled before: cargo completes the lock file of the copied course, and with another lock file
/// nothing is known.
fn class() -> Class {
    static COMPILED: Once = Once::new();
    COMPILED.call_once(|| {
        let class = Class::new();
        class.file("alice/src/lib.rs", RIGHT).graded(&[]);
    });
    Class::new()
}

/// Some that pass, two that hang (so that it takes a while), one that does not compile.
fn mixed_class() -> Class {
    let class = class();
    for number in 0..5 {
        class.file(&format!("right {number}/src/lib.rs"), &new_work(RIGHT));
    }
    class.file("hangs/src/lib.rs", &new_work(HANGS)).file("stays/src/lib.rs", &new_work(HANGS));
    class.file("broken/src/lib.rs", &new_work("pub fn run() -> u8 { missing }"));
    class
}

/// The lines of the journal so far.
fn lines(class: &Class) -> usize {
    let folders = fs::read_dir(class.out.path()).unwrap().map(|entry| entry.unwrap().path());
    let journals = folders.map(|folder: PathBuf| folder.join("journal-01.jsonl"));
    journals.filter_map(|path| fs::read_to_string(path).ok()).map(|text| text.lines().count()).sum()
}

/// Grades until the journal has so many lines, then kills the grader at once. Gives false if it was faster.
fn killed_after(class: &Class, args: &[&str], wanted: usize) -> bool {
    let mut grader: Child =
        plain_xtask(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the grader starts");
    loop {
        if lines(class) >= wanted {
            grader.kill().unwrap();
            return grader.wait().unwrap().code().is_none();
        }
        if grader.try_wait().unwrap().is_some() {
            return false;
        }
        // Looks again: the journal sends no message.
        poll(&mut [], 1_u8).unwrap();
    }
}

/// Kills a run after each of these numbers of lines, goes on, and compares with a run that nobody has killed.
fn goes_on_after(class: &Class, more: &[&str], kills: &[usize]) {
    let fresh = [&["--seed", "5"], more].concat();
    xtask(&class.args(&fresh)).assert().success();
    let names = ["gradebook.csv", "milestones.csv"];
    let whole = names.map(|name| class.read(name));
    fs::remove_dir_all(class.out.path()).unwrap();
    fs::create_dir(class.out.path()).unwrap();
    assert!(killed_after(class, &class.args(&fresh), kills[0]), "the grader was faster");
    // Fresh: only the journal knows what was done.
    let resume = class.args(&["--resume"]);
    for &kill in &kills[1..] {
        killed_after(class, &resume, kill);
    }
    xtask(&resume).assert().success().stderr(contains("going on with "));
    assert_eq!(names.map(|name| class.read(name)), whole);
    assert_eq!(class.results().run.seed, 5);
    let runs =
        fs::read_dir(class.out.path()).unwrap().filter(|entry| !entry.as_ref().unwrap().path().is_symlink());
    assert_eq!(runs.count(), 1, "the run has gone on in its own folder");
}

#[rstest]
#[case::before_the_first_verdict(&[1])]
#[case::in_the_middle(&[10])]
#[case::again_and_again(&[4, 9, 14, 20])]
fn a_killed_run_goes_on_to_the_same_gradebook(#[case] kills: &[usize]) {
    goes_on_after(&mixed_class(), &[], kills);
}

/// The folder of grades has the policy; nobody must give it again. Of two attempts the first was graded before the kill.
#[test]
fn a_killed_run_goes_on_under_its_policy() {
    let class = class();
    class.file("alice/attempt-1/src/lib.rs", &new_work("pub fn run() -> u8 { 3 }"));
    class.file("alice/attempt-2/src/lib.rs", &new_work(HANGS));
    class.file("alice/attempt-3/src/lib.rs", &new_work(RIGHT)).file("bob/src/lib.rs", &new_work(RIGHT));
    let place = tempfile::tempdir().unwrap();
    let policy = place.path().join("course.toml");
    fs::write(&policy, "count = \"last\"\n[labs.01]\nweight = 3\n").unwrap();
    goes_on_after(&class, &["--policy", policy.to_str().unwrap()], &[3]);
    let book = String::from_utf8(class.read("gradebook.csv")).unwrap();
    assert!(book.contains("\nalice,300,300,100,100") && book.contains("\nbob,300,300,100,100"), "{book}");
}

#[test]
#[ignore = "takes minutes: cargo test -p xtask --test grade_again -- --ignored"]
fn a_run_killed_at_twenty_random_moments_goes_on_to_the_same_gradebook() {
    for _ in 0..20 {
        goes_on_after(&mixed_class(), &[], &[fastrand::usize(1..28)]);
    }
}

#[test]
fn a_class_that_has_changed_does_not_go_on() {
    let class = mixed_class();
    assert!(killed_after(&class, &class.args(&[]), 8));
    class.file("right 1/src/lib.rs", &new_work(HANGS));
    let why = contains("cannot go on: the submissions have changed since: right 1");
    xtask(&class.args_with_kept(&["--lab", "01", "--resume"])).assert().code(4).stderr(why);
}

#[test]
fn without_an_earlier_run_nothing_goes_on() {
    let class = Class::new();
    class.file("alice/src/lib.rs", RIGHT);
    let why = contains("no run is here that could go on");
    xtask(&class.args_with_kept(&["--lab", "01", "--resume"])).assert().code(4).stderr(why);
    let both = class.args_with_kept(&["--resume", "--seed", "1"]);
    xtask(&both).assert().code(2).stderr(contains("cannot be used with"));
}

#[test]
fn the_parts_of_a_class_make_the_same_gradebook_as_the_whole() {
    let class = class();
    let broken = "pub fn run() -> u8 { missing }";
    for (name, text) in [("alice", RIGHT), ("Bob Müller", broken), ("carol", HANGS), ("dave", RIGHT)] {
        class.file(&format!("{name}/labs/01-hello/src/lib.rs"), &new_work(text));
    }
    class.file("erin/02-pair/src/lib.rs", RIGHT_PAIR).file("alice/02-pair/src/lib.rs", "pub fn nothing() {}");
    let whole = class.args_of_course(&["--seed", "5"]);
    xtask(&whole).assert().success();
    let names = ["gradebook.csv", "milestones.csv"];
    let expected = names.map(|name| class.read(name));
    let parts: Vec<tempfile::TempDir> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
    let paths: Vec<&str> = parts.iter().map(|part| part.path().to_str().unwrap()).collect();
    for (number, out) in paths.iter().enumerate() {
        let shard = format!("{}/3", number + 1);
        let folder = class.folder.path().to_str().unwrap();
        xtask(&["grade", folder, "--seed", "5", "--shard", &shard, "--out", out]).assert().success();
    }
    let merged = tempfile::tempdir().unwrap();
    let out = ["--out", merged.path().to_str().unwrap(), "--format", "junit"];
    xtask(&[&["merge"], &paths[..], &out[..]].concat()).assert().success();
    let read = |name: &str| fs::read(merged.path().join("latest").join(name)).unwrap();
    for (name, expected) in names.iter().zip(expected) {
        assert_eq!(String::from_utf8(read(name)).unwrap(), String::from_utf8(expected).unwrap(), "{name}");
    }
    assert!(merged.path().join("latest/junit-02.xml").is_file());
    let twice = [&["merge", paths[0], paths[0]], &out[..2]].concat();
    xtask(&twice).assert().code(4).stderr(contains("was graded in two parts"));
}

#[rstest]
#[case::no_seed(&["--shard", "1/2"], "--seed")]
#[case::no_such_part(&["--shard", "3/2", "--seed", "1"], "as in 2/5")]
#[case::from_one(&["--shard", "0/2", "--seed", "1"], "as in 2/5")]
fn a_part_must_be_one_of_the_parts(#[case] args: &[&str], #[case] why: &str) {
    let class = Class::new();
    xtask(&class.args_with_kept(args)).assert().code(2).stderr(contains(why));
}
