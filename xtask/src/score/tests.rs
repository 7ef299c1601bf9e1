//! Plans and findings added up.

use super::*;
use rstest::rstest;
use std::collections::BTreeMap;

fn plan(entry: Entry) -> Plan {
    let check =
        |name: &str, max| CheckInfo { name: name.into(), sentence: String::new(), max, hidden: false };
    let milestone = |id: &str, checks: Vec<CheckInfo>| Milestone {
        id: id.into(),
        title: String::new(),
        max: checks.iter().map(|check| check.max).sum(),
        checks,
    };
    Plan {
        run: sample::run(),
        judge: String::new(),
        head: Head {
            lab: "01".into(),
            title: String::new(),
            milestones: vec![
                milestone("m1", vec![check("m1::a", 40)]),
                milestone("m2", vec![check("m2::b", 50), check("m2::c", 10)]),
            ],
        },
        members: vec![entry],
    }
}

fn entry(expect: Option<Expect>) -> Entry {
    Entry { expect, ..sample::entry("x") }
}

fn found(verdicts: &[(&str, Verdict)]) -> Found {
    let outcome = |&(name, verdict): &(&str, Verdict)| {
        let max = if name == "m1::a" {
            40
        } else if name == "m2::b" {
            50
        } else {
            10
        };
        let points = if verdict == Verdict::Pass { max } else { 0 };
        let check = CheckOutcome {
            check: name.into(),
            points,
            max,
            verdict,
            text: String::new(),
            detail: String::new(),
            seed: 1,
            millis: 5,
        };
        (name.to_owned(), check)
    };
    Found { compile_error: None, checks: verdicts.iter().map(outcome).collect() }
}

use Verdict::{Fail, GraderError, Hang, Pass};

#[test]
fn points_add_up_by_milestone() {
    let results = plan(entry(None)).results(&[found(&[("m1::a", Pass), ("m2::b", Fail), ("m2::c", Pass)])]);
    let member = &results.members[0];
    assert_eq!((member.total, member.undecided, results.complete), (50, 0, true));
    assert_eq!(member.milestones.iter().map(|m| m.points).collect::<Vec<_>>(), [40, 10]);
    assert_eq!(member.summary, "2 of 3 checks passed, 1 failed.");
}

#[test]
fn a_grader_error_or_an_interruption_leaves_points_undecided() {
    let results = plan(entry(None)).results(&[found(&[("m1::a", Pass), ("m2::b", GraderError)])]);
    let member = &results.members[0];
    assert_eq!((member.total, member.undecided, results.complete), (40, 60, false));
}

#[test]
fn what_does_not_compile_or_was_refused_has_zero_points_and_the_reason_everywhere() {
    let broken = Found { compile_error: Some("error[E0425]: x\nmore".into()), checks: BTreeMap::new() };
    let refused = Entry { refused: Some("the folder is empty".into()), ..entry(None) };
    for (results, text) in [
        (plan(entry(None)).results(&[broken]), "error[E0425]: x"),
        (plan(refused).results(&[Found::default()]), "the folder is empty"),
    ] {
        let member = &results.members[0];
        assert_eq!((member.total, member.undecided, results.complete), (0, 0, true));
        assert!(member.checks.iter().all(|c| c.verdict == Verdict::NotRun && c.text == text));
    }
}

#[rstest]
#[case(Expect::Full, &[("m1::a", Pass), ("m2::b", Pass), ("m2::c", Pass)], "ok")]
#[case(Expect::Full, &[("m1::a", Pass), ("m2::b", Pass), ("m2::c", Fail)], "NOT AS EXPECTED: 90 points instead of 100")]
#[case(Expect::Floor(0), &[("m1::a", Fail), ("m2::b", Fail), ("m2::c", Fail)], "ok")]
#[case(Expect::Floor(0), &[("m1::a", Pass), ("m2::b", Fail), ("m2::c", Fail)], "NOT AS EXPECTED: 40 points instead of 0")]
#[case(Expect::CaughtBy(vec!["m2::c".into()]), &[("m1::a", Pass), ("m2::b", Pass), ("m2::c", Hang)], "ok")]
#[case(Expect::CaughtBy(vec!["m2::c".into()]), &[("m1::a", Fail), ("m2::b", Pass), ("m2::c", Pass)], "NOT AS EXPECTED: m2::c did not catch it")]
#[case(Expect::CaughtBy(vec![]), &[("m1::a", Pass), ("m2::b", Pass), ("m2::c", Pass)], "NOT AS EXPECTED: it got all points")]
#[case(Expect::Full, &[("m1::a", Pass), ("m2::b", Pass)], "NOT AS EXPECTED: 10 points are undecided")]
fn the_sample_class_says_what_is_not_as_expected(
    #[case] expect: Expect,
    #[case] verdicts: &[(&str, Verdict)],
    #[case] text: &str,
) {
    let results = plan(entry(Some(expect))).results(&[found(verdicts)]);
    let expectation = results.members[0].expectation.clone().unwrap();
    assert_eq!((expectation.text.as_str(), expectation.met), (text, text == "ok"));
}

#[test]
fn results_survive_json() {
    let results = plan(entry(Some(Expect::Full))).results(&[found(&[("m1::a", Pass)])]);
    let results = Results::new(sample::run(), vec![results]);
    let text = serde_json::to_string(&results).unwrap();
    assert_eq!(serde_json::from_str::<Results>(&text).unwrap(), results);
}

/// A lab with these members, none of whom was checked.
fn lab(id: &str, members: Vec<Entry>) -> LabResults {
    let mut plan = Plan { members, ..plan(entry(None)) };
    plan.head.lab = id.into();
    let found = vec![found(&[("m1::a", Pass), ("m2::b", Pass), ("m2::c", Fail)]); plan.members.len()];
    plan.results(&found)
}

#[test]
fn a_student_has_a_row_over_all_labs_and_what_was_not_handed_in_is_no_zero() {
    let not = |name: &str, standing| Entry {
        refused: Some("no editable file of 02-x was found".into()),
        standing,
        ..sample::entry(name)
    };
    let first = lab("01", vec![sample::entry("alice"), sample::entry("bob")]);
    let second = lab(
        "02",
        vec![not("alice", Standing::Absent), not("bob", Standing::Unclear), sample::entry("carol")],
    );
    let results = Results::new(sample::run(), vec![first, second]);
    let row = |name: &str| {
        let student = results.students.iter().find(|student| student.name == name).unwrap();
        let labs = student.labs.iter().map(|score| (score.handed_in, score.points, score.undecided));
        (student.total, student.undecided, labs.collect::<Vec<_>>())
    };
    assert_eq!(row("alice"), (90, 0, vec![(true, 90, 0), (false, 0, 0)]));
    assert_eq!(row("bob"), (90, 100, vec![(true, 90, 0), (true, 0, 100)]));
    assert_eq!(row("carol"), (90, 0, vec![(false, 0, 0), (true, 90, 0)]));
    assert_eq!((results.complete, results.max()), (false, 200));
    assert_eq!(results.labs[1].members[0].summary, "Nothing handed in: no editable file of 02-x was found.");
    assert_eq!(
        class_in_short(&results.labs[1]),
        "3 members; 1 handed nothing in; mean 90.0, median 90 of 100 points; 1 not graded; 1 with undecided points."
    );
    let csv = |bytes: anyhow::Result<Vec<u8>>| String::from_utf8(bytes.unwrap()).unwrap();
    assert_eq!(
        csv(crate::report::csv::gradebook(&results)),
        "member,total,lab 01,lab 02\nalice,90,90,-\nbob,,90,\ncarol,90,-,90\n"
    );
    assert_eq!(
        csv(crate::report::csv::milestones(&results)),
        "member,01 m1,01 m2,02 m1,02 m2\nalice,40,50,-,-\nbob,40,50,,\ncarol,-,-,40,50\n"
    );
}

#[test]
fn the_spread_counts_final_totals_of_those_who_handed_in() {
    let mut results = lab("01", ["a", "b", "c", "d"].map(sample::entry).to_vec());
    for (member, (total, undecided)) in results.members.iter_mut().zip([(100, 0), (9, 0), (10, 0), (50, 1)]) {
        (member.total, member.undecided) = (total, undecided);
    }
    let spread = Spread::of(&results).unwrap();
    assert_eq!((spread.count(), spread.mean().as_str(), spread.median()), (3, "39.7", 10));
    let bars = spread.bars();
    let shown: Vec<(u32, u32)> = bars.iter().map(|bar| (bar.from, bar.to)).collect();
    assert_eq!((shown[0], shown[1], shown[9]), ((0, 9), (10, 19), (90, 100)));
    assert_eq!(bars.iter().map(|bar| bar.count).collect::<Vec<_>>(), [1, 1, 0, 0, 0, 0, 0, 0, 0, 1]);
    results.members.clear();
    assert_eq!(Spread::of(&results), None);
}
