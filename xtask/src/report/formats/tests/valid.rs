//! Every form is taken by its readers' rules, and each of these rules refuses something.

use super::*;

/// The same class after an interrupted run in two labs, with somebody of whom nobody knows what the files are, a failure
/// without words, and titles with what separates cells.
pub(crate) fn odd() -> Results {
    let checks = vec![check("m1_one::it_prints", 100)];
    let head = |lab: &str, title: &str| Head {
        lab: lab.to_owned(),
        title: title.to_owned(),
        milestones: vec![Milestone {
            id: "m1".to_owned(),
            title: "a, \"b\"; 12:30".to_owned(),
            max: 100,
            checks: checks.clone(),
        }],
    };
    let refused = |name: &str, standing| Entry {
        refused: Some("labs: its files do not say which".to_owned()),
        notes: vec!["target/ ignored: the grader builds afresh".to_owned()],
        standing,
        ..sample::entry(name)
    };
    let members = vec![
        sample::entry("a\u{0}b\r\n% ;"),
        refused("unclear", Standing::Unclear),
        refused("refused", Standing::HandedIn),
        sample::entry("interrupted"),
    ];
    let silent = outcome(&checks[0], Verdict::Crash, "");
    let found = Found { compile_error: None, checks: [(silent.check.clone(), silent)].into() };
    let lab = |lab: &str, title: &str| Plan {
        run: sample::run(),
        head: head(lab, title),
        judge: String::new(),
        members: members.clone(),
    };
    let labs = [lab("01", "One; two, \"three\""), lab("02", "Two")];
    Results::new(sample::run(), labs.iter().map(|plan| plan.results(std::slice::from_ref(&found))).collect())
}

/// Whether a form's reader takes it.
pub(super) fn takes(format: Format, path: &str, text: &str) -> Result<(), String> {
    match format {
        Format::Gradescope => readers::gradescope(text),
        Format::Classroom50 => readers::classroom50(text),
        Format::Autolab => readers::autolab(text, &["One - begin", "Two", "a, \"b\"; 12 -30"]).map(drop),
        Format::Prairielearn => readers::prairielearn(text),
        Format::Github if path.ends_with(".md") => readers::github_summary(text),
        Format::Github => readers::github_annotations(text),
        Format::Junit => readers::junit(text),
        Format::Canvas => readers::canvas(text),
        Format::Moodle => readers::moodle(text),
    }
}

#[test]
fn every_reader_takes_its_form() {
    for results in [results(), odd()] {
        for format in ALL {
            for (path, bytes) in files(format, &results).unwrap() {
                let text = String::from_utf8(bytes).unwrap();
                takes(format, &path, &text).unwrap_or_else(|why| panic!("{path}: {why}\n{text}"));
            }
        }
    }
}

const ALICE: &str = "lab-01.json";

/// A form that its reader takes, and what it must say after one change.
#[rstest]
#[case::g_text(
    Format::Gradescope,
    ALICE,
    "\"score\": 40,\n  \"output\"",
    "\"score\": \"40\",\n  \"output\"",
    "not of type"
)]
#[case::g_sum(
    Format::Gradescope,
    ALICE,
    "\"score\": 40,\n  \"output\"",
    "\"score\": 41,\n  \"output\"",
    "is not the sum"
)]
#[case::g_word(
    Format::Gradescope,
    ALICE,
    "\"visibility\": \"visible\"",
    "\"visibility\": \"shown\"",
    "/visibility"
)]
#[case::g_field(Format::Gradescope, ALICE, "\"tags\"", "\"tag\"", "tag")]
#[case::g_status(Format::Gradescope, ALICE, "\"status\": \"passed\",", "", "without points and status")]
#[case::g_hidden(
    Format::Gradescope,
    ALICE,
    "\"status\"",
    "\"visibility\": \"hidden\", \"status\"",
    "hides the total"
)]
#[case::c_schema(Format::Classroom50, ALICE, "result/v1", "result/v2", "/schema")]
#[case::c_sum(
    Format::Classroom50,
    ALICE,
    "\"score\": 40,\n  \"max",
    "\"score\": 39,\n  \"max",
    "score is not the sum"
)]
#[case::c_fraction(Format::Classroom50, ALICE, "\"max-score\": 100", "\"max-score\": 99.5", "/max-score")]
#[case::c_time(Format::Classroom50, ALICE, "00:00:00Z", "00:00:00+02:00", "/datetime")]
#[case::c_name(Format::Classroom50, ALICE, "\"test-name\"", "\"test_name\"", "test-name")]
#[case::p_percent(Format::Prairielearn, ALICE, "\"score\": 0.4", "\"score\": 40", "/score")]
#[case::p_sum(Format::Prairielearn, ALICE, "\"score\": 0.4", "\"score\": 0.5", "not that of the tests")]
#[case::p_max(Format::Prairielearn, ALICE, "\"max_points\": 40,", "", "max_points")]
#[case::p_gradable(Format::Prairielearn, ALICE, "\"gradable\": true", "\"gradable\": false", "format_errors")]
#[case::a_colon(Format::Autolab, "lab-01.txt", "One - begin", "One: begin", "One")]
#[case::a_time(Format::Autolab, "lab-01.txt", "One - begin", "12:30", "12")]
#[case::a_problem(Format::Autolab, "lab-01.txt", "\"Two\":0", "\"Too\":0", "no problem \"Too\"")]
#[case::a_word(Format::Autolab, "lab-01.txt", "\"Two\":0", "\"Two\":\"0\"", "is no number")]
#[case::a_after(Format::Autolab, "lab-01.txt", "\"Two\":0}}\n", "\"Two\":0}}\nbye\n", "bye")]
#[case::a_stage(Format::Autolab, "lab-01.txt", "[\"Checks\"]", "[\"Tests\"]", "stage Tests is missing")]
#[case::j_tag(Format::Junit, "junit-01.xml", "</failure>", "</fail>", "")]
#[case::j_char(Format::Junit, "junit-01.xml", "12:30", "\u{1b}", "a character")]
#[case::j_count(Format::Junit, "junit-01.xml", "failures=\"2\"", "failures=\"3\"", "failures is Some(3)")]
#[case::j_time(Format::Junit, "junit-01.xml", "1.234", "1,234", "no number of seconds")]
#[case::j_body(Format::Junit, "junit-01.xml", ">it, too: 100%<", "><", "without a body")]
#[case::j_class(Format::Junit, "junit-01.xml", "classname=\"alice\"", "classname=\"\"", "without classname")]
#[case::j_root(Format::Junit, "junit-01.xml", "testsuites", "suites", "the root")]
#[case::s_fence(Format::Github, "lab-01.md", "\n````\n", "\n", "never closed")]
#[case::n_line(Format::Github, "lab-01.annotations.txt", "%0A", "\n", "no command")]
#[case::n_percent(Format::Github, "lab-01.annotations.txt", "100%25", "100%", "no escape")]
#[case::n_comma(Format::Github, "lab-01.annotations.txt", "it ends", "it, ends", "no property")]
#[case::k_student(Format::Canvas, "canvas.csv", "Student", "Name", "not recognised")]
#[case::k_login(Format::Canvas, "canvas.csv", "SIS Login ID", "Login", "no SIS Login ID")]
#[case::k_total(Format::Canvas, "canvas.csv", "Lab 01 Pipes: the start", "Final Points", "Canvas' own")]
#[case::k_grade(Format::Canvas, "canvas.csv", "alice,,40", "alice,,40 of 100", "is no grade")]
#[case::k_separator(Format::Canvas, "canvas.csv", "Pipes", ";;;;;;;;;;;;;;;;;;;;", "semicolons")]
#[case::m_max(Format::Moodle, "moodle.csv", "alice,40", "alice,140", "no grade up to 100")]
#[case::m_word(Format::Moodle, "moodle.csv", "carol,-", "carol,none", "no grade up to 100")]
#[case::m_twice(Format::Moodle, "moodle.csv", "\ncarol", "\nalice", "twice")]
#[case::m_header(Format::Moodle, "moodle.csv", "Username", "Who", "nobody can be found")]
fn a_damaged_form_is_refused(
    #[case] format: Format,
    #[case] path: &str,
    #[case] from: &str,
    #[case] to: &str,
    #[case] why: &str,
) {
    let mut found = files(format, &results()).unwrap().into_iter();
    let is_it = |name: &str| name == path || name.ends_with(&format!("/alice/{path}"));
    let (name, bytes) = found.find(|(name, _)| is_it(name)).unwrap();
    let right = String::from_utf8(bytes).unwrap();
    assert!(right.contains(from), "{name} holds no {from}\n{right}");
    let told = takes(format, &name, &right.replace(from, to)).expect_err("it was taken");
    assert!(told.contains(why), "{told}");
}

#[test]
fn what_is_too_large_is_refused() {
    let long = "x".repeat((1 << 20) + 1);
    assert!(readers::github_summary(&long).unwrap_err().contains("1 MiB"));
    let lines = "::error title=a::b\n".repeat(11);
    assert!(readers::github_annotations(&lines).unwrap_err().contains("ten"));
}
