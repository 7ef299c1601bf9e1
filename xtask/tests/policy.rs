//! A class that is graded under a policy: the gradebook, the copy in the folder of grades, attempts, bad input.

mod course_kit;

use std::fs;

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
fn a_policy_with_a_mistake_grades_nothing() {
    let class = Class::new();
    class.file("alice/src/lib.rs", RIGHT);
    let path = policy(&class, "late_day = 1\n");
    let told = format!("error: {path}:1:1: unknown field `late_day`");
    xtask(&class.args(&["--policy", &path])).assert().code(4).stderr(contains(told));
    assert!(!class.out.path().join("latest").exists());
}
