//! Sheets and pages of a class with a policy: what is hidden stays hidden, and each grade says how it came about.

use super::*;
use crate::policy::{Moment, Policy, Times};
use crate::report::html;
use crate::score::{HandedIn, LabResults};
use rstest::rstest;

/// The class in three labs, handed in at these times, under a policy. In the second lab alice made two attempts; carol handed
/// nothing in, and nobody but alice is in the third.
fn graded(policy: &str, times: &str) -> Results {
    let lab = |id: &str| {
        let mut lab = tests_class();
        lab.head.lab = id.into();
        lab
    };
    let (first, mut second, mut third) = (lab("01"), lab("02"), lab("03"));
    let mut again = second.members[0].clone();
    for (number, member) in [(1, &mut second.members[0]), (2, &mut again)] {
        let handed_in = HandedIn {
            student: Some("alice".into()),
            attempt: Some(number.to_string()),
            ..HandedIn::default()
        };
        member.entry.handed_in = handed_in;
        member.entry.name = format!("alice ({number})");
    }
    second.members.insert(1, again);
    third.members.truncate(1);
    let times = Times::parse(times.as_bytes(), None).unwrap();
    let now = Moment::parse_with_offset("2026-12-01T00:00:00Z").unwrap();
    Policy::parse(policy, None).unwrap().apply(&times, now, sample::run(), vec![first, second, third])
}

const LATE: &str = "late_days = 1\ncount = \"best\"\n[penalty]\npercent = 10\n[labs.01]\ndeadline = 2026-10-12T12:00:00Z\n\
    [labs.02]\ndeadline = 2026-10-19T12:00:00Z\nweight = 2\n";
const TIMES: &str = "student,lab,attempt,submitted\nalice,01,,2026-10-14T11:00:00Z\nalice,02,1,2026-10-19T12:00:00Z\n\
    alice,02,2,2026-10-21T12:00:00Z\n";

/// Both forms of a student's sheet.
fn sheets(results: &Results, student: &str) -> [String; 2] {
    let files = of(results);
    ["index.html", "feedback.md"].map(|name| files[&format!("students/{student}/{name}")].clone())
}

fn assert_told(sheet: &str, parts: &[&str]) {
    // Markdown escapes some marks.
    let plain = sheet.replace('\\', "");
    for part in parts {
        assert!(plain.contains(part), "{part} is not in {plain}");
    }
}

#[test]
fn a_sheet_tells_the_grade_and_how_it_came_about() {
    let results = graded(LATE, TIMES);
    for sheet in sheets(&results, "alice") {
        assert_told(
            &sheet,
            &[
                // 40 less 10 %, twice 40, and 40.
                "156 of 400 points, 39 %",
                "The checks gave 40 of 100 points.",
                "Handed in 2026-10-14 11:00:00Z.",
                "2 days late, 1 late day spent: −10 %.",
                "Points that count: 36.",
                "The lab counts 2 times in the total.",
                "counts 2 times",
                "2026-10-21 12:00:00Z",
                "would count",
            ],
        );
        assert!(!sheet.contains("Grade 36 instead"), "what the part of the grade says stands once");
    }
}

#[rstest]
#[case::excused("[[excused]]\nstudent = \"alice\"\nlab = \"01\"\n", &["You are excused from this lab", "EX"])]
#[case::dropped("drop = 1\n", &["It is one of your lowest labs, which do not count", "dropped"])]
#[case::weightless("[labs.03]\nweight = 0\n", &["The lab does not count in the total.", "does not count"])]
#[case::extension(
    "[penalty]\npercent = 10\n[labs.01]\ndeadline = 2026-10-12T12:00:00Z\n[[extension]]\nstudent = \"alice\"\ndays = 1\n",
    &["1 day late after an extension of 1 day: −10 %."]
)]
#[case::after_the_cutoff(
    "[penalty]\npercent = 10\ncutoff_days = 1\n[labs.01]\ndeadline = 2026-10-12T12:00:00Z\n",
    &["Handed in after the cutoff: −100 %.", "Points that count: 0."]
)]
fn each_mark_of_a_policy_is_told(#[case] policy: &str, #[case] parts: &[&str]) {
    let results = graded(policy, TIMES);
    sheets(&results, "alice").iter().for_each(|sheet| assert_told(sheet, parts));
}

#[test]
fn nothing_handed_in_and_what_is_undecided_are_told_under_a_policy_too() {
    let results = graded(LATE, "student,submitted\n");
    for sheet in sheets(&results, "carol") {
        assert_told(&sheet, &["0 of 400 points", "Nothing was handed in: it counts as 0 points."]);
        assert!(!sheet.contains("Nothing was handed in."));
    }
    for sheet in sheets(&results, "dave") {
        assert_told(
            &sheet,
            &["Not decided yet, of 400 points", "There is no grade as long as points are undecided."],
        );
    }
}

#[test]
fn without_a_policy_a_sheet_has_no_word_of_one() {
    for (path, sheet) in written(|_| {}) {
        assert!(!sheet.contains("Your grade") && !sheet.contains("would count"), "{path}");
    }
}

/// What a check of the class says; of alice's other check it is something else.
const SAYS: &str = "it, too: 100%";

#[rstest]
#[case::a_check("hidden = [\"m2_two::it_waits\"]\n")]
#[case::a_milestone("hidden = [\"m2\"]\n")]
fn what_is_hidden_is_in_no_sheet(#[case] hidden: &str) {
    let mut results =
        graded(&format!("[labs.01]\n{hidden}[labs.02]\n{hidden}[labs.03]\n{hidden}"), "student,submitted\n");
    for member in results.labs.iter_mut().flat_map(|lab: &mut LabResults| &mut lab.members) {
        member.likely = vec!["likely: a bug that only the hidden check shows.".into()];
        if let Some(check) = member.checks.get_mut(2) {
            check.detail = "secret detail".into();
        }
    }
    for (path, text) in of(&results) {
        for secret in ["it waits", "it_waits", SAYS, "secret", "likely:", "2 failed", "1 failed"] {
            assert!(!text.contains(secret), "{secret} is in {path}:\n{text}");
        }
    }
    for sheet in sheets(&results, "alice") {
        assert_told(
            &sheet,
            &["1 of 2 checks passed, 1 hung. 1 hidden check: 0 of 40 points.", "hang: it ends"],
        );
        assert!(!sheet.contains("hint 01 m2") && !sheet.contains("Hint 1"), "{sheet}");
    }
    // The grader's own failure at a hidden check is still no loss.
    for sheet in sheets(&results, "dave") {
        assert_told(
            &sheet,
            &["it costs you nothing", "40+40?", "0 of 40 points, 40 undecided", "hidden check 1 of m2"],
        );
    }
    // A teacher sees it all.
    let pages: String = html::pages(&results, None).map(|(_, page)| page).collect();
    assert!(["it waits", SAYS, "secret detail", "a bug that only"].iter().all(|part| pages.contains(part)));
}

#[test]
fn what_is_revealed_is_told() {
    let results = graded("reveal = true\n[labs.01]\nhidden = [\"m2\"]\n", "student,submitted\n");
    sheets(&results, "alice").iter().for_each(|sheet| assert_told(sheet, &["fail: it waits", SAYS]));
}

#[test]
fn a_teachers_pages_have_what_counts_beside_the_points() {
    let pages: BTreeMap<String, String> = html::pages(&graded(LATE, TIMES), None).collect();
    let row = pages["lab-01.html"]
        .split("<tr>")
        .find(|row| row.contains("href=\"#s0\">alice</a></th><td class=\"number\">"));
    let row = row.unwrap();
    assert!(row.contains("<b>40</b></td><td class=\"number\"><b>36</b>"), "{row}");
    assert!(row.contains("Grade 36 instead of 40: 2 days late, 1 late day spent: −10 %."), "{row}");
    assert!(pages["lab-01.html"].contains("40 / 100, grade 36"));
    assert!(pages["lab-01.html"].contains("before the policy of the class"));
    assert!(pages["report.html"].contains("156/400 = 39 %"));
}

#[test]
fn the_words_for_gradescope_count_hidden_checks_apart() {
    let results = graded("[labs.01]\nhidden = [\"m2\"]\n", "student,submitted\n");
    let files = crate::report::formats::files(crate::report::formats::Format::Gradescope, &results).unwrap();
    let (_, bytes) = files.iter().find(|(name, _)| name == "gradescope/alice/lab-01.json").unwrap();
    let value: serde_json::Value = serde_json::from_slice(bytes).unwrap();
    let output = value["output"].as_str().unwrap();
    assert!(
        output.starts_with("1 of 2 checks passed, 1 hung. 1 hidden check: 0 of 40 points.\n"),
        "{output}"
    );
}
