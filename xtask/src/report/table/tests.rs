//! Tables of a class, narrow and wide.

use super::*;
use crate::outcome::CheckOutcome;
use crate::score::{CheckInfo, Entry, Found, Head, Milestone, Plan, Standing, sample};
use rstest::rstest;
use sandbox::protocol::Verdict;

const CATCHER: &str = "m3_pipeline::no_stage_keeps_a_pipe_end_it_does_not_use";

fn class() -> LabResults {
    let milestone = |number: usize| {
        let name = if number == 3 { CATCHER.to_owned() } else { format!("m{number}::a_promise") };
        let check = CheckInfo { name, sentence: String::new(), max: 10, hidden: false };
        Milestone { id: format!("m{number}"), title: String::new(), max: 10, checks: vec![check] }
    };
    let entry = |name: &str, expect: Option<Expect>| Entry { expect, ..sample::entry(name) };
    let head = Head { lab: "01".into(), title: String::new(), milestones: (1..=9).map(milestone).collect() };
    let members = vec![
        entry("mutant a_stage_inherits_the_read_end_behind_it", Some(Expect::CaughtBy(vec![CATCHER.into()]))),
        entry("Maximiliane von und zu Hohenlohe-Waldenburg_123_assignsubmission_file", None),
        entry("王小明王小明王小明王小明王小明王小明王小明王小明", None),
    ];
    let outcome = |check: &CheckInfo| CheckOutcome {
        check: check.name.clone(),
        points: if check.name == CATCHER { 0 } else { 10 },
        max: 10,
        verdict: if check.name == CATCHER { Verdict::Hang } else { Verdict::Pass },
        text: String::new(),
        detail: String::new(),
        seed: 1,
        millis: 1,
    };
    let all = head.milestones.iter().flat_map(|milestone| &milestone.checks);
    let all = all.map(|check| (check.name.clone(), outcome(check))).collect();
    let found = Found { compile_error: None, checks: all };
    let broken = Found { compile_error: Some("error[E0425]: cannot find it".into()), ..Found::default() };
    Plan { run: sample::run(), head, judge: String::new(), members }.results(&[found.clone(), found, broken])
}

#[rstest]
#[case(40)]
#[case(60)]
#[case(80)]
#[case(100)]
#[case(200)]
fn no_line_is_wider_than_the_terminal_and_no_member_takes_two(#[case] width: usize) {
    let text = render(&class(), Some(width));
    let rows: Vec<&str> = text.lines().take(2 + 3).collect();
    let widths: Vec<usize> = rows.iter().map(|row| measure_text_width(row)).collect();
    assert!(widths.iter().all(|&row| row <= width), "{widths:?}\n{text}");
    assert!(rows[2].contains("mutant") && rows[3].contains("Max") && rows[4].contains('王'), "{text}");
    // The heads are two lines, whatever is left out.
    assert!(rows[0].starts_with("member") && rows[1].contains("/90"), "{text}");
}

#[test]
fn a_narrow_table_keeps_what_tells_members_apart() {
    let text = render(&class(), Some(80));
    for part in ["ok: m3.1", "mutant a_stag", "hind_it", "on_file", "1 hung", " 80  "] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn a_file_gets_everything() {
    let text = render(&class(), None);
    assert!(text.contains(&format!("ok: caught by {CATCHER}")), "{text}");
    assert!(text.contains("8 of 9 checks passed, 1 hung."), "{text}");
    assert!(text.contains("Did not compile: error[E0425]: cannot find it."), "{text}");
    assert!(text.contains("mutant a_stage_inherits_the_read_end_behind_it  "), "{text}");
}

#[test]
fn the_end_tells_of_the_whole_class_and_of_what_is_undecided() {
    let mut lab = class();
    assert!(render(&lab, None).ends_with("\nlab 01: 1 of 1 as expected"), "{}", render(&lab, None));
    let results = Results::new(sample::run(), vec![lab.clone(), lab.clone()]);
    assert_eq!(
        end(&results),
        "sample class: 2 of 2 as expected in 2 labs\nsandbox: full; memory: watchdog; seed: 7"
    );
    lab.members[0].expectation = None;
    lab.complete = false;
    let one = Results::new(sample::run(), vec![lab]);
    let told = end(&one);
    assert!(
        told.starts_with("n+k?: k points are undecided") && told.contains("\ngraded: 3 students\n"),
        "{told}"
    );
}

/// The same class, in which so many more have handed nothing in.
fn class_with(absent: usize) -> LabResults {
    let mut class = class();
    // Without the member of the sample class.
    class.members.remove(0);
    let mut nobody = class.members[1].clone();
    nobody.entry = Entry {
        refused: Some("the folder is empty".into()),
        standing: Standing::Absent,
        ..sample::entry("nobody")
    };
    class.members.extend(vec![nobody; absent]);
    class
}

#[rstest]
#[case::few_are_named(ABSENT, ABSENT)]
#[case::many_are_counted(ABSENT + 1, 0)]
fn who_handed_nothing_in_does_not_hide_who_did(#[case] absent: usize, #[case] lines: usize) {
    let text = render(&class_with(absent), None);
    let shown = text.lines().filter(|line| line.starts_with("nobody")).count();
    assert_eq!(shown, lines, "{text}");
    assert!(text.contains(&format!("; {absent} handed nothing in;")), "{text}");
    assert!(text.contains("Maximiliane"), "{text}");
}
