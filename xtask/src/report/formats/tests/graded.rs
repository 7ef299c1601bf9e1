//! A small class under a policy: what students get names no hidden check, and repeats nothing of what one says.

use super::valid::takes;
use super::*;
use crate::policy::{Moment, Policy, Times};
use crate::score::HandedIn;

const POLICY: &str = "count = \"best\"\nlate_days = 1\ndrop = 1\n[penalty]\npercent = 25\n\
    [labs.01]\ndeadline = 2026-10-12T12:00:00Z\nhidden = [\"m1_one::it_ends\", \"m2\"]\n\
    [labs.02]\ndeadline = 2026-11-12T12:00:00Z\nweight = 2\n\
    [[excused]]\nstudent = \"eve\"\nlab = \"02\"\n";

/// What a program printed in a hidden check, and what the autopsy said of it.
pub(crate) const SECRETS: [&str; 5] = ["it_ends", "it ends", "it_waits", "it waits", "the cat"];

fn attempt(number: &str, at: &str) -> Entry {
    let handed_in = HandedIn {
        student: Some("alice".to_owned()),
        attempt: Some(number.to_owned()),
        at: Some(at.to_owned()),
        is_late: number == "2",
    };
    Entry { handed_in, ..sample::entry(&format!("alice, attempt {number}")) }
}

/// Two labs: somebody with two attempts at the first, somebody who is excused from the second, somebody on whom the grader
/// failed, somebody who handed nothing in.
pub(crate) fn under_policy() -> Results {
    let mut first = results().labs.remove(0);
    let mut second = first.clone();
    second.head.lab = "02".to_owned();
    let [alice, _, carol, dave] = first.members.try_into().unwrap();
    let mut eve = alice.clone();
    eve.entry = Entry {
        handed_in: HandedIn { is_late: true, ..HandedIn::default() },
        notes: vec!["handed in late, as the platform says".to_owned()],
        ..sample::entry("eve")
    };
    second.members = vec![alice.clone(), eve.clone(), carol.clone(), dave.clone()];
    let tries = [("1", "2026-10-12T12:00:00Z"), ("2", "2026-10-14T12:00:00Z")];
    let mut alices = tries.map(|(number, at)| {
        let mut alice = alice.clone();
        alice.entry = attempt(number, at);
        alice.checks[1].text = "the cat".to_owned();
        alice.checks[2].text = "the cat, too".to_owned();
        alice.checks[2].detail = "the cat waits".to_owned();
        alice.likely = vec!["the cat sleeps".to_owned()];
        alice
    });
    // The first attempt did nothing.
    (alices[0].total, alices[0].milestones[0].points, alices[0].checks[0].points) = (0, 0, 0);
    alices[0].checks[0].verdict = Verdict::Fail;
    first.members = alices.into_iter().chain([eve, carol, dave]).collect();
    let now = Moment::parse_with_offset("2026-12-01T00:00:00Z").unwrap();
    let policy = Policy::parse(POLICY, None).unwrap();
    policy.apply(&Times::default(), now, sample::run(), vec![first, second])
}

#[test]
fn nothing_that_students_get_names_a_hidden_check_or_repeats_what_it_says() {
    let results = under_policy();
    let lab_of = |path: &str| if path.contains("02") { "02" } else { "01" };
    let mut seen = 0;
    for (path, bytes) in ALL.into_iter().flat_map(|format| files(format, &results).unwrap()) {
        let text = String::from_utf8(bytes).unwrap();
        let found: Vec<&str> = SECRETS.into_iter().filter(|secret| text.contains(secret)).collect();
        match lab_of(&path) {
            // Canvas and Moodle have both labs in one file, and no check.
            "01" => assert_eq!(found, [""; 0], "{path}\n{text}"),
            // In the other lab nothing is hidden: the words would be found.
            _ => seen += usize::from(found.contains(&"it waits") || found.contains(&"it_waits")),
        }
    }
    assert!(seen > 10, "only {seen} files tell what is not hidden");
    // An autograder that runs for one student owes its platform the same silence.
    for format in [Format::Gradescope, Format::Classroom50, Format::Autolab, Format::Prairielearn] {
        let text = String::from_utf8(sole(format, &results).unwrap()).unwrap();
        assert!(!SECRETS.iter().any(|secret| text.contains(secret)), "{format:?}\n{text}");
    }
}

#[test]
fn what_is_hidden_still_counts_and_the_page_says_what_can_be_seen() {
    let bytes = sole(Format::Gradescope, &under_policy()).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    // 40 raw points, two days late, one of them spent: 25 % less.
    assert_eq!(value["score"], 30);
    let output = value["output"].as_str().unwrap();
    assert!(output.ends_with("without the hidden checks: 40 of 40 points"), "{output}");
    let told = |at: usize| {
        let test = &value["tests"][at];
        (test["name"].as_str().unwrap(), test["visibility"].as_str())
    };
    assert_eq!(told(0), ("it prints", None));
    assert_eq!(told(1), ("hidden check 2 of m1", Some("hidden")));
    assert_eq!(told(2), ("hidden check 1 of m2", Some("hidden")));
}

/// Gradescope's own sum is not asked for: under a policy the grade is not the sum of the checks.
#[test]
fn every_reader_takes_its_form_under_a_policy() {
    let results = under_policy();
    for format in ALL.into_iter().filter(|format| *format != Format::Gradescope) {
        for (path, bytes) in files(format, &results).unwrap() {
            let text = String::from_utf8(bytes).unwrap();
            takes(format, &path, &text).unwrap_or_else(|why| panic!("{path}: {why}\n{text}"));
        }
    }
    for (path, bytes) in files(Format::Gradescope, &results).unwrap() {
        let text = String::from_utf8(bytes).unwrap();
        readers::schema("tests/formats/schema/gradescope.json", &text)
            .unwrap_or_else(|why| panic!("{path}: {why}\n{text}"));
    }
}

#[test]
fn a_gradebook_has_what_counts() {
    let file = |format| String::from_utf8(files(format, &under_policy()).unwrap().remove(0).1).unwrap();
    let canvas = file(Format::Canvas);
    assert!(canvas.contains("\nalice,,,alice,,30,"), "{canvas}");
    assert!(canvas.contains("\neve,,,eve,,40,EX"), "{canvas}");
    let moodle = file(Format::Moodle);
    assert!(moodle.contains("\nalice,30,"), "{moodle}");
}
