//! Rounds, points and hints, without a disk.

use super::*;
use rstest::rstest;

pub(crate) fn manifest() -> Manifest {
    let text = r#"id = "01"
slug = "two-steps"
title = "t"
outcome = "o"
hours = 1.0
lecture = "l"
programs = ["p"]
editable = ["src/**/*.rs"]
[[milestone]]
id = "m1"
module = "m1_first"
title = "First"
hours = 1.0
checks = [{ name = "a", points = 30 }, { name = "b", points = 20 }]
[[milestone]]
id = "m2"
module = "m2_second"
title = "Second"
hours = 1.0
checks = [{ name = "c", points = 50 }]
"#;
    crate::manifest::parse(text).unwrap()
}

fn outcome(check: &str, verdict: Verdict) -> CheckOutcome {
    CheckOutcome {
        check: check.to_owned(),
        points: 0,
        max: 0,
        verdict,
        text: String::new(),
        detail: String::new(),
        seed: 1,
        millis: 1,
    }
}

const A: &str = "m1_first::a";
const B: &str = "m1_first::b";
const C: &str = "m2_second::c";

/// A finished round on the files `source`.
fn round(lab: &mut LabProgress, source: &str, verdicts: &[(&str, Verdict)]) {
    let outcomes: Vec<_> = verdicts.iter().map(|(check, verdict)| outcome(check, *verdict)).collect();
    let round = Round { outcomes: &outcomes, source: Some(source), day: "2027-03-01", is_finished: true };
    lab.record(&manifest(), &round);
}

fn attempts(lab: &LabProgress, milestone: &str) -> u32 {
    lab.milestones.get(milestone).map_or(0, |milestone| milestone.attempts)
}

#[test]
fn what_passed_once_stays_known_and_the_newest_verdict_counts() {
    let manifest = manifest();
    let mut lab = LabProgress::default();
    round(&mut lab, "x", &[(A, Verdict::Pass), (B, Verdict::Fail)]);
    assert_eq!((lab.state(A), lab.state(B), lab.state(C)), (State::Passed, State::Failed, State::New));
    assert_eq!((lab.points(manifest.checks()), lab.best(manifest.checks())), (30, 30));
    let outcomes = [outcome(A, Verdict::Hang), outcome(B, Verdict::Pass)];
    let later = Round { outcomes: &outcomes, source: None, day: "2027-03-02", is_finished: true };
    lab.record(&manifest, &later);
    assert_eq!((lab.points(manifest.checks()), lab.best(manifest.checks())), (20, 50));
    assert_eq!(lab.checks[A].passed.as_deref(), Some("2027-03-01"));
    assert_eq!(lab.checks[B].passed.as_deref(), Some("2027-03-02"));
    assert!(!lab.is_done(&manifest.milestones[0]) && lab.was_done(&manifest.milestones[0]));
    assert_eq!(lab.open(&manifest).unwrap().id, "m1");
}

#[test]
fn the_next_step_is_the_first_milestone_that_is_not_done() {
    let manifest = manifest();
    let mut lab = LabProgress::default();
    assert_eq!(lab.open(&manifest).unwrap().id, "m1");
    round(&mut lab, "x", &[(A, Verdict::Pass), (B, Verdict::Pass)]);
    assert_eq!(lab.open(&manifest).unwrap().id, "m2");
    round(&mut lab, "x", &[(C, Verdict::Pass)]);
    assert_eq!(lab.open(&manifest), None);
}

#[rstest]
#[case::not_run(Verdict::NotRun)]
#[case::our_fault(Verdict::GraderError)]
fn what_says_nothing_of_the_work_is_not_remembered(#[case] verdict: Verdict) {
    let mut lab = LabProgress::default();
    round(&mut lab, "x", &[(A, Verdict::Pass)]);
    round(&mut lab, "y", &[(A, verdict)]);
    assert_eq!((lab.state(A), attempts(&lab, "m1"), lab.checked.as_deref()), (State::Passed, 0, Some("x")));
}

#[test]
fn the_same_files_again_are_no_further_attempt() {
    let mut lab = LabProgress::default();
    for source in ["x", "x", "y", "y", "y"] {
        round(&mut lab, source, &[(A, Verdict::Fail)]);
    }
    assert_eq!(attempts(&lab, "m1"), 2);
}

#[test]
fn a_round_counts_for_the_first_milestone_that_fails_in_it() {
    let mut lab = LabProgress::default();
    round(&mut lab, "x", &[(A, Verdict::Fail), (B, Verdict::Pass), (C, Verdict::Fail)]);
    assert_eq!((attempts(&lab, "m1"), attempts(&lab, "m2")), (1, 0));
    round(&mut lab, "x", &[(C, Verdict::Fail)]);
    assert_eq!((attempts(&lab, "m1"), attempts(&lab, "m2")), (1, 1));
    round(&mut lab, "y", &[(A, Verdict::Pass), (B, Verdict::Pass), (C, Verdict::Pass)]);
    assert_eq!((attempts(&lab, "m1"), attempts(&lab, "m2")), (1, 1));
}

#[test]
fn an_interrupted_round_is_remembered_and_is_no_attempt() {
    let mut lab = LabProgress::default();
    let outcomes = [outcome(A, Verdict::Fail)];
    let round = Round { outcomes: &outcomes, source: Some("x"), day: "2027-03-01", is_finished: false };
    lab.record(&manifest(), &round);
    assert_eq!((lab.state(A), attempts(&lab, "m1")), (State::Failed, 0));
}

#[test]
fn each_hint_after_the_first_opens_after_two_attempts_more() {
    let manifest = manifest();
    let milestone = &manifest.milestones[0];
    let mut lab = LabProgress::default();
    // What was tried before the first hint was tried without it.
    round(&mut lab, "v", &[(A, Verdict::Fail)]);
    assert_eq!(lab.next_hint(milestone, 3), NextHint::Free(1));
    lab.saw_hint("m1", 1);
    assert_eq!(lab.next_hint(milestone, 3), NextHint::After(2, 2));
    round(&mut lab, "w", &[(A, Verdict::Fail)]);
    assert_eq!(lab.next_hint(milestone, 3), NextHint::After(2, 1));
    round(&mut lab, "x", &[(A, Verdict::Fail)]);
    assert_eq!(lab.next_hint(milestone, 3), NextHint::Free(2));
    lab.saw_hint("m1", 2);
    assert_eq!(lab.next_hint(milestone, 3), NextHint::After(3, 2));
    round(&mut lab, "y", &[(A, Verdict::Pass), (B, Verdict::Pass)]);
    assert_eq!(lab.next_hint(milestone, 3), NextHint::Free(3));
    lab.saw_hint("m1", 3);
    assert_eq!((lab.next_hint(milestone, 3), lab.hints("m1")), (NextHint::NoMore, 3));
}

#[test]
fn files_that_do_not_compile_are_known_until_others_are_checked() {
    let mut lab = LabProgress::default();
    lab.record_broken(Some("x"));
    assert_eq!(lab.broken.as_deref(), Some("x"));
    round(&mut lab, "y", &[(A, Verdict::Fail)]);
    assert_eq!((lab.broken.as_deref(), lab.checked.as_deref()), (None, Some("y")));
}

#[test]
fn progress_is_read_as_it_was_written() {
    let mut progress = Progress::default();
    round(progress.lab_mut("01"), "x", &[(A, Verdict::Pass), (C, Verdict::Crash)]);
    progress.lab_mut("01").saw_hint("m2", 1);
    let text = serde_json::to_vec(&progress).unwrap();
    assert_eq!(parse(&text).unwrap(), progress);
}

#[rstest]
#[case::no_json("{", "EOF while parsing")]
#[case::no_format("{}", "missing field `format`")]
#[case::newer(r#"{"format":"ipc-labs/progress/v2","labs":[]}"#, "its format is not ipc-labs/progress/v1")]
#[case::wrong_type(r#"{"format":"ipc-labs/progress/v1","labs":[]}"#, "invalid type: sequence")]
fn what_is_no_progress_says_why(#[case] text: &str, #[case] why: &str) {
    let told = parse(text.as_bytes()).unwrap_err();
    assert!(told.starts_with(why), "{told}");
}

#[test]
fn hints_seen_with_the_first_runners_are_still_known() {
    let old = parse_old(br#"{"01":{"m2":2}}"#).unwrap();
    assert_eq!(old.lab("01").hints("m2"), 2);
    assert_eq!(parse_old(b"{"), None);
}
