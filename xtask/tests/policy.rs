//! A class that is graded under a policy: the gradebook, the copy in the folder of grades, attempts, bad input.

mod course_kit;

use std::fs;
use std::path::PathBuf;

use course_kit::{Class, RIGHT, xtask};
use predicates::str::contains;

const WRONG: &str = "pub fn run() -> u8 { 3 }";
const POLICY: &str = "count = \"best\"\ntimes = \"times.csv\"\n[penalty]\npercent = 10\n\
    [labs.01]\ndeadline = 2026-10-12T12:00:00Z\n";
const TIMES: &str = "student,attempt,submitted\nalice,1,2026-10-12T12:00:00Z\nalice,2,2026-10-13T12:00:01Z\n\
    alice,3,2026-10-13T12:00:01Z\n";

/// A policy beside the times of its class; gives its path.
fn policy(class: &Class, text: &str) -> String {
    fs::write(class.out.path().join("times.csv"), TIMES).unwrap();
    let path = class.out.path().join("course.toml");
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn gradebook(class: &Class) -> String {
    String::from_utf8(class.read("gradebook.csv")).unwrap()
}

#[test]
fn attempts_are_graded_once_and_a_report_makes_the_same_grades_or_those_of_another_policy() {
    let class = Class::new();
    class.file("alice/attempt-1/src/lib.rs", WRONG).file("alice/attempt-2/src/lib.rs", RIGHT);
    class.file("alice/attempt-3/src/lib.rs", RIGHT).file("bob/src/lib.rs", RIGHT);
    let path = policy(&class, POLICY);
    xtask(&class.args(&["--policy", &path]))
        .assert()
        .success()
        .stdout(contains("no time of hand-in is known"));
    let expected = "member,total,of,percent,lab 01,lab 01 raw,lab 01 why\n\
        alice,80,100,80,80,100,2 days late: −20 %\nbob,100,100,100,100,,\n";
    assert_eq!(gradebook(&class), expected);
    let results = class.results();
    let alice = &results.students[0].labs[0].grade.as_ref().unwrap().attempts;
    let told: Vec<_> = alice.iter().map(|one| (one.name.as_str(), one.raw == 100, one.counts)).collect();
    assert_eq!(told, [("1", false, false), ("2", true, true), ("3", true, false)]);
    let names = ["results.json", "gradebook.csv", "report.html"];
    let first = names.map(|name| class.read(name));
    let out = class.out.path().to_str().unwrap();
    // The copies are enough.
    fs::remove_file(class.out.path().join("times.csv")).unwrap();
    xtask(&["report", out]).assert().success();
    assert_eq!(names.map(|name| class.read(name)), first);
    let other = policy(&class, &POLICY.replace("12T12", "11T12"));
    xtask(&["report", out, "--policy", &other]).assert().success();
    assert!(gradebook(&class).contains("alice,70,100,70,70,100,3 days late: −30 %\n"));
    let sheet = String::from_utf8(class.read("students/alice/feedback.md")).unwrap();
    assert!(sheet.contains("Points that count: 70.") && sheet.contains("| attempt |"), "{sheet}");
}

#[test]
fn parts_are_merged_under_their_policy_or_another_one() {
    let class = Class::new();
    class.file("alice/attempt-1/src/lib.rs", WRONG).file("alice/attempt-2/src/lib.rs", RIGHT);
    class.file("alice/attempt-3/src/lib.rs", RIGHT).file("bob/src/lib.rs", RIGHT);
    let path = policy(&class, POLICY);
    let other = class.out.path().join("other.toml");
    fs::write(&other, POLICY.replace("12T12", "11T12")).unwrap();
    let other = other.to_str().unwrap();
    // The whole first: cargo completes the lock file of the copied course, and that is a part of what judges.
    xtask(&class.args(&["--policy", &path, "--seed", "5"])).assert().success();
    let places = ["1", "2", "all"].map(|name| class.out.path().join(name).to_str().unwrap().to_owned());
    let [one, two, all] = places.each_ref().map(String::as_str);
    let folder = class.folder.path().to_str().unwrap();
    for (shard, out) in [("1/2", one), ("2/2", two)] {
        let how = ["--lab", "01", "--seed", "5", "--policy", &path, "--shard", shard, "--out", out];
        xtask(&[&["grade", folder], &how[..]].concat()).assert().success();
    }
    let merge = ["merge", one, two, "--out", all];
    let book = || fs::read_to_string(class.out.path().join("all/latest/gradebook.csv")).unwrap();
    xtask(&merge).assert().success();
    assert_eq!(book(), gradebook(&class));
    assert!(book().contains("alice,80,100,80,80,100,2 days late: −20 %\n"), "{}", book());
    xtask(&[&merge[..], &["--policy", other]].concat()).assert().success();
    assert!(book().contains("alice,70,100,70,70,100,3 days late: −30 %\n"), "{}", book());
    // One part got another policy since: which one counts must be said.
    xtask(&["report", two, "--policy", other]).assert().success();
    let told = "the parts have different policies; give one with --policy";
    xtask(&merge).assert().code(4).stderr(contains(told));
}

#[test]
fn two_submissions_of_one_student_are_attempts_and_without_a_policy_refused() {
    let class = Class::new();
    class.file("old/src/lib.rs", WRONG).file("new/src/lib.rs", RIGHT);
    let roster = class.out.path().join("class.csv");
    fs::write(&roster, "Name,Mail,Login\n\"Doe, Jane\",old,new\n").unwrap();
    let roster = ["--roster", roster.to_str().unwrap()];
    let told = "new and old are both of Doe, Jane: take one away, or let a policy choose";
    xtask(&class.args(&roster)).assert().code(4).stderr(contains(told));
    assert!(!class.out.path().join("latest").exists());
    let path = policy(&class, "count = \"best\"\n");
    xtask(&class.args(&[&roster[..], &["--policy", &path]].concat())).assert().success();
    let book = gradebook(&class);
    assert!(book.lines().count() == 2 && book.contains("\n\"Doe, Jane\",100,100,100,"), "{book}");
    // Without a roster two archives can have one name, too.
    let class = Class::new();
    class.zip("alice.zip", &[("src/lib.rs", WRONG)]).tar_gz("alice.tar.gz", &[("src/lib.rs", RIGHT)]);
    let told = "alice.tar.gz and alice.zip are both of alice";
    xtask(&class.args(&[])).assert().code(4).stderr(contains(told));
}

#[test]
fn a_hidden_check_counts_and_nothing_that_students_get_names_it() {
    let class = Class::new();
    // It prints the greeting and copies nothing.
    class.file("bob/src/lib.rs", "pub fn run() -> u8 { println!(\"hello\"); 0 }");
    let path = policy(&class, "[labs.01]\nhidden = [\"m2_copy::it_repeats_its_input\"]\n");
    let forms = ["gradescope", "classroom50", "autolab", "prairielearn", "github", "junit"];
    let forms: Vec<&str> = forms.iter().flat_map(|form| ["--format", form]).collect();
    xtask(&class.args(&[&["--policy", &path], &forms[..]].concat())).assert().success();
    let latest = class.out.path().join("latest");
    let for_students = || {
        let folders = fs::read_dir(&latest).unwrap().map(|entry| entry.unwrap().path());
        texts(folders.filter(|path| path.is_dir()))
    };
    let names_it =
        |text: &str| text.contains("it repeats its input") || text.contains("it_repeats_its_input");
    let texts = for_students();
    assert!(texts.len() >= 8, "{} files", texts.len());
    let named: Vec<&str> =
        texts.iter().filter(|(_, text)| names_it(text)).map(|(path, _)| path.as_str()).collect();
    assert_eq!(named, [""; 0]);
    let sheet = String::from_utf8(class.read("students/bob/feedback.md")).unwrap();
    assert!(sheet.contains("1 hidden check: 0 of "), "{sheet}");
    assert!(class.results().students[0].total < 100);
    assert!(names_it(&String::from_utf8(class.read("report.html")).unwrap()), "the teacher sees it");
    // Later it is shown.
    let path = policy(&class, "reveal = true\n[labs.01]\nhidden = [\"m2_copy::it_repeats_its_input\"]\n");
    let out = class.out.path().to_str().unwrap();
    xtask(&[&["report", out, "--policy", &path], &forms[..]].concat()).assert().success();
    assert!(for_students().iter().filter(|(_, text)| names_it(text)).count() >= 6);
}

/// The text files in these folders, with their paths.
fn texts(folders: impl Iterator<Item = PathBuf>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open: Vec<_> = folders.collect();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
    found
}

#[test]
fn grades_of_a_policy_are_not_made_again_without_their_journals() {
    let class = Class::new();
    class.file("bob/src/lib.rs", RIGHT);
    let path = policy(&class, "late_days = 1\n");
    xtask(&class.args(&["--policy", &path])).assert().success();
    fs::remove_file(class.out.path().join("latest/journal-01.jsonl")).unwrap();
    let before = class.read("gradebook.csv");
    let told = "its journals are gone, and a policy made these grades";
    let out = class.out.path().to_str().unwrap();
    xtask(&["report", out]).assert().code(4).stderr(contains(told));
    assert_eq!(class.read("gradebook.csv"), before);
}

#[test]
fn a_policy_with_a_mistake_grades_nothing() {
    let class = Class::new();
    class.file("alice/src/lib.rs", RIGHT);
    let path = policy(&class, "late_day = 1\n");
    let told = format!("error: {path}:1:1: unknown field `late_day`");
    xtask(&class.args(&["--policy", &path])).assert().code(4).stderr(contains(told));
    assert!(!class.out.path().join("latest").exists());
}
