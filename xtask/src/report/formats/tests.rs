//! Each form of one small class, compared with a file that was checked against its reader; and the traps of each.

use std::fs;
use std::path::Path;

use super::*;
use crate::score::{Entry, Found, Head, Milestone, Plan, Standing, sample};
use rstest::rstest;

pub(crate) mod graded;
pub(crate) mod readers;
pub(crate) mod valid;

fn check(name: &str, max: u32) -> CheckInfo {
    CheckInfo { name: name.to_owned(), sentence: crate::manifest::sentence(name), max, hidden: false }
}

fn outcome(info: &CheckInfo, verdict: Verdict, text: &str) -> CheckOutcome {
    CheckOutcome {
        check: info.name.clone(),
        points: if verdict == Verdict::Pass { info.max } else { 0 },
        max: info.max,
        verdict,
        text: text.to_owned(),
        detail: String::new(),
        seed: 7,
        millis: 1234,
    }
}

/// Somebody who passes a half, somebody with a hostile name whose program does not compile, somebody who handed nothing in, and
/// somebody on whom the grader failed.
pub(crate) fn results() -> Results {
    Results::new(sample::run(), vec![class()])
}

pub(in crate::report) fn class() -> LabResults {
    let checks = vec![check("m1_one::it_prints", 40), check("m1_one::it_ends", 20)];
    let more = vec![check("m2_two::it_waits", 40)];
    let milestone = |id: &str, title: &str, checks: &Vec<CheckInfo>| Milestone {
        id: id.to_owned(),
        title: title.to_owned(),
        max: checks.iter().map(|check| check.max).sum(),
        checks: checks.clone(),
    };
    let head = Head {
        lab: "01".to_owned(),
        title: "Pipes: the start".to_owned(),
        milestones: vec![milestone("m1", "One: begin", &checks), milestone("m2", "Two", &more)],
    };
    let absent = Some("the folder is empty".to_owned());
    let members = vec![
        sample::entry("alice"),
        sample::entry("=Bob, \"the\" <Müller>/.."),
        Entry { refused: absent, standing: Standing::Absent, ..sample::entry("carol") },
        sample::entry("dave"),
    ];
    let found = |text: &str, last: Verdict| {
        let all = [
            outcome(&checks[0], Verdict::Pass, ""),
            outcome(&checks[1], Verdict::Hang, text),
            outcome(&more[0], last, "it, too: 100%"),
        ];
        let checks = all.into_iter().map(|outcome| (outcome.check.clone(), outcome)).collect();
        Found { compile_error: None, checks }
    };
    let broken =
        Found { compile_error: Some("error[E0425]: cannot find `x`\n 1 | x".to_owned()), ..Found::default() };
    let hostile = "expected: a\nreceived: ]]> \u{1b}[2J </failure> ``` 12:30 \u{1f600}";
    let plan = Plan { run: sample::run(), head, judge: String::new(), members };
    plan.results(&[
        found(hostile, Verdict::Fail),
        broken,
        Found::default(),
        found("slow", Verdict::GraderError),
    ])
}

const ALL: [Format; 8] = [
    Format::Gradescope,
    Format::Classroom50,
    Format::Autolab,
    Format::Prairielearn,
    Format::Github,
    Format::Junit,
    Format::Canvas,
    Format::Moodle,
];

fn text(format: Format, path: &str) -> String {
    let files = files(format, &results()).unwrap();
    let found = files.into_iter().find(|(name, _)| name == path);
    String::from_utf8(found.unwrap_or_else(|| panic!("no file {path}")).1).unwrap()
}

#[test]
fn each_form_is_as_it_was_when_its_reader_took_it() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats");
    for (name, bytes) in ALL.into_iter().flat_map(|format| files(format, &results()).unwrap()) {
        let path = golden.join(&name);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &bytes).unwrap();
        }
        let expected = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(String::from_utf8(bytes).unwrap(), String::from_utf8(expected).unwrap(), "{name}");
    }
}

#[test]
fn who_handed_nothing_in_has_no_file_and_no_grade() {
    let files = files(Format::Gradescope, &results()).unwrap();
    assert!(files.iter().all(|(name, _)| !name.contains("carol")));
    assert!(text(Format::Canvas, "canvas.csv").contains("\ncarol,,,carol,,\n"));
    assert!(text(Format::Moodle, "moodle.csv").contains("\ncarol,-,\n"));
}

#[test]
fn an_error_of_the_grader_is_never_a_grade() {
    assert!(text(Format::Canvas, "canvas.csv").contains("\ndave,,,dave,,\n"));
    assert!(text(Format::Moodle, "moodle.csv").contains("\ndave,-,"));
    assert!(text(Format::Prairielearn, "prairielearn/dave/lab-01.json").contains("\"gradable\": false"));
    assert!(text(Format::Gradescope, "gradescope/dave/lab-01.json").contains("40 points are undecided"));
}

#[test]
fn autolab_can_read_the_line_of_scores() {
    let text = text(Format::Autolab, "autolab/alice/lab-01.txt");
    let scores = readers::autolab(&text, &["One - begin", "Two"]).unwrap();
    assert_eq!(serde_json::Value::from(scores), serde_json::json!({ "One - begin": 40, "Two": 0 }));
}

#[test]
fn annotations_keep_their_lines() {
    let text = text(Format::Github, "github/alice/lab-01.annotations.txt");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[1].ends_with("title=lab 01 it waits::fail%0Ait, too: 100%25"), "{}", lines[1]);
}

#[rstest]
#[case("plain", "```text\nplain\n```")]
#[case("``` inside", "````text\n``` inside\n````")]
fn no_text_ends_its_block(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(github::fenced(text), expected);
}
