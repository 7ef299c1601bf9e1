//! Policies applied to a small class: each rule alone, and several together.

use super::*;
use crate::outcome::CheckOutcome;
use crate::policy::Moment;
use crate::score::{CheckInfo, Counts, Entry, Found, HandedIn, Head, Milestone, Plan, Standing, sample};
use rstest::rstest;
use sandbox::protocol::Verdict;
use std::collections::BTreeMap;

/// Handed in by somebody, at a time, with so many points; `None`: the grader failed at the other check.
struct Work(&'static str, &'static str, &'static str, Option<u32>);

/// One of several attempts: `alice/2`.
fn entry(work: &Work) -> Entry {
    let (student, attempt) = work.0.split_once('/').map_or((work.0, None), |(who, at)| (who, Some(at)));
    let handed_in = HandedIn {
        student: attempt.map(|_| student.to_owned()),
        attempt: attempt.map(str::to_owned),
        at: Some(work.2.to_owned()).filter(|at| at.contains('T')),
        is_late: work.2 == "late",
    };
    let standing = if work.2 == "absent" { Standing::Absent } else { Standing::HandedIn };
    let refused = (standing == Standing::Absent).then(|| "the folder is empty".to_owned());
    Entry { handed_in, standing, refused, ..sample::entry(work.0) }
}

/// A lab with a check of 60 points and one of the rest.
fn lab(id: &str, works: &[&Work]) -> LabResults {
    let check = |name: &str, max| CheckInfo { name: name.into(), sentence: name.into(), max, hidden: false };
    let checks = vec![check("m1::a", 60), check("m1::b", 40)];
    let found = |work: &&Work| {
        let points = [work.3.map_or(60, |points| points.min(60)), work.3.map_or(0, |p| p.saturating_sub(60))];
        let outcome = |(info, points): (&CheckInfo, u32)| {
            let is_ours = work.3.is_none() && points == 0;
            let verdict = if is_ours { Verdict::GraderError } else { Verdict::Pass };
            let check = info.name.clone();
            let outcome = CheckOutcome {
                check: check.clone(),
                points,
                max: info.max,
                verdict,
                text: "what it says".into(),
                detail: String::new(),
                seed: 7,
                millis: 1,
            };
            (check, outcome)
        };
        Found { compile_error: None, checks: checks.iter().zip(points).map(outcome).collect() }
    };
    let milestone = Milestone { id: "m1".into(), title: String::new(), max: 100, checks: checks.clone() };
    let plan = Plan {
        run: sample::run(),
        judge: String::new(),
        head: Head { lab: id.into(), title: String::new(), milestones: vec![milestone] },
        members: works.iter().map(|work| entry(work)).collect(),
    };
    plan.results(&works.iter().map(found).collect::<Vec<_>>())
}

/// The works by lab: `01`, `02`, …
fn results(policy: &str, works: &[Work]) -> Results {
    let mut labs: BTreeMap<&str, Vec<&Work>> = BTreeMap::new();
    works.iter().for_each(|work| labs.entry(work.1).or_default().push(work));
    let labs = labs.into_iter().map(|(id, works)| lab(id, &works)).collect();
    let now = Moment::parse_with_offset("2026-12-01T00:00:00Z").unwrap();
    Policy::parse(policy, None).unwrap().apply(&Times::default(), now, sample::run(), labs)
}

/// What counts of alice: each lab, then points, most and percent of the whole.
fn told(results: &Results) -> String {
    let alice = results.students.iter().find(|student| student.name == "alice").unwrap();
    let shown = |counts| match counts {
        Counts::Points(points) => points.to_string(),
        Counts::Absent => "-".to_owned(),
        Counts::Excused => "EX".to_owned(),
        Counts::Undecided => "?".to_owned(),
    };
    let mut cells: Vec<String> = alice
        .labs
        .iter()
        .map(|score| {
            let dropped = score.grade.as_ref().is_some_and(|grade| grade.dropped);
            format!("{}{}", shown(score.counts()), if dropped { "x" } else { "" })
        })
        .collect();
    let total = alice.total_grade.as_ref().unwrap();
    let percent = total.percent.map_or("-".to_owned(), |percent| percent.to_string());
    cells.push(format!("= {}/{} = {percent}", shown(alice.counts()), total.max));
    cells.join(" ")
}

const IN_TIME: &str = "2026-10-12T10:00:00Z";
const DUE: &str = "[labs.01]\ndeadline = 2026-10-12T12:00:00Z\n[labs.02]\ndeadline = 2026-10-19T12:00:00Z\n\
    [labs.03]\ndeadline = 2026-10-26T12:00:00Z\n";
const TEN: &str = "[penalty]\npercent = 10\n";

#[rstest]
#[case::no_policy("", "90 80 70 = 240/300 = 80")]
#[case::weights("[labs.01]\nweight = 2\n[labs.03]\nweight = 0\n", "90 80 70 = 260/300 = 86.67")]
#[case::drop_one("drop = 1", "90 80 70x = 170/200 = 85")]
#[case::drop_all_but_one("drop = 9", "90 80x 70x = 90/100 = 90")]
#[case::drop_of_those_that_count("drop = 1\n[labs.03]\nweight = 0\n", "90 80x 70 = 90/100 = 90")]
#[case::excused("[[excused]]\nstudent = \"alice\"\nlab = \"02\"\n", "90 EX 70 = 160/200 = 80")]
#[case::drop_never_takes_an_excused_one(
    "drop = 1\n[[excused]]\nstudent = \"alice\"\nlab = \"03\"\n",
    "90 80x EX = 90/100 = 90"
)]
#[case::excused_from_everything("[[excused]]\nstudent = \"alice\"\n", "EX EX EX = EX/0 = -")]
#[case::somebody_else("[[excused]]\nstudent = \"bob\"\n", "90 80 70 = 240/300 = 80")]
fn labs_are_added_up(#[case] policy: &str, #[case] expected: &str) {
    let works =
        [("01", 90), ("02", 80), ("03", 70)].map(|(lab, points)| Work("alice", lab, IN_TIME, Some(points)));
    assert_eq!(told(&results(policy, &works)), expected);
}

#[rstest]
#[case::each_day_costs("", "90 64 49 = 203/300 = 67.67")]
#[case::a_floor("floor = 75\n", "90 64 52.5 = 206.5/300 = 68.83")]
#[case::a_cutoff("cutoff_days = 2\n", "90 64 0 = 154/300 = 51.33")]
fn lateness_costs(#[case] penalty: &str, #[case] expected: &str) {
    assert_eq!(told(&results(&format!("{TEN}{penalty}{DUE}"), &late())), expected);
}

/// In time, then two days late, then three.
fn late() -> [Work; 3] {
    [
        Work("alice", "01", "2026-10-12T12:00:00Z", Some(90)),
        Work("alice", "02", "2026-10-20T13:00:00Z", Some(80)),
        Work("alice", "03", "2026-10-29T12:00:00Z", Some(70)),
    ]
}

#[rstest]
#[case::the_first_lab_takes_them("late_days = 1\n", "", "90 72 49 = 211/300 = 70.33")]
#[case::what_is_left_goes_on("late_days = 4\n", "", "90 80 63 = 233/300 = 77.67")]
#[case::grace_saves_one("late_days = 4\ngrace_minutes = 60\n", "", "90 80 70 = 240/300 = 80")]
#[case::an_extension_saves_two(
    "late_days = 2\n",
    "[[extension]]\nstudent = \"alice\"\nlab = \"02\"\ndays = 2\n",
    "90 80 63 = 233/300 = 77.67"
)]
#[case::extensions_add_up(
    "",
    "[[extension]]\nstudent = \"alice\"\ndays = 2\n[[extension]]\nstudent = \"alice\"\nlab = \"03\"\ndays = 1\n",
    "90 80 70 = 240/300 = 80"
)]
#[case::who_is_excused_spends_none(
    "late_days = 2\n",
    "[[excused]]\nstudent = \"alice\"\nlab = \"02\"\n",
    "90 EX 63 = 153/200 = 76.5"
)]
#[case::dropped_after_the_penalty("drop = 1\n", "", "90 64 49x = 154/200 = 77")]
fn late_days_are_spent_in_the_order_of_the_labs(
    #[case] before: &str,
    #[case] after: &str,
    #[case] expected: &str,
) {
    assert_eq!(told(&results(&format!("{before}{TEN}{DUE}{after}"), &late())), expected);
}

#[rstest]
#[case::best("count = \"best\"\n", "", "80 = 80/100 = 80", "1")]
#[case::best_with_a_late_day("count = \"best\"\nlate_days = 1\n", "", "85 = 85/100 = 85", "2")]
#[case::last("count = \"last\"\n", "", "63 = 63/100 = 63", "3")]
#[case::last_before_the_cutoff("count = \"last\"\n", "cutoff_days = 2\n", "76.5 = 76.5/100 = 76.5", "2")]
#[case::all_after_the_cutoff("count = \"last\"\n", "cutoff_days = 0\n", "80 = 80/100 = 80", "1")]
fn one_attempt_counts(#[case] count: &str, #[case] more: &str, #[case] expected: &str, #[case] which: &str) {
    let works = [
        Work("alice/1", "01", "2026-10-12T11:00:00Z", Some(80)),
        Work("alice/3", "01", "2026-10-15T11:00:00Z", Some(90)),
        Work("alice/2", "01", "2026-10-13T11:00:00Z", Some(85)),
    ];
    let results = results(&format!("{count}{TEN}{more}{DUE}"), &works);
    assert_eq!(told(&results), expected);
    let grade = results.students[0].labs[0].grade.as_ref().unwrap();
    let counts: Vec<&str> =
        grade.attempts.iter().filter(|one| one.counts).map(|one| one.name.as_str()).collect();
    assert_eq!((results.students.len(), results.labs[0].members.len(), counts), (1, 1, vec![which]));
    assert!(results.labs[0].members[0].summary.contains(&format!("Of 3 attempts {which} counts.")));
}

#[rstest]
#[case::it_may_be_the_best(Some(90), "? = ?/100 = -")]
#[case::it_cannot_be_the_best(Some(100), "100 = 100/100 = 100")]
fn an_attempt_that_is_undecided_waits_only_where_it_may_be_the_best(
    #[case] first: Option<u32>,
    #[case] expected: &str,
) {
    let works = [Work("alice/1", "01", IN_TIME, first), Work("alice/2", "01", IN_TIME, None)];
    assert_eq!(told(&results("count = \"best\"", &works)), expected);
}

#[test]
fn what_is_undecided_is_no_penalty_and_leaves_the_whole_undecided() {
    let works = [Work("alice", "01", "2026-10-14T10:00:00Z", None), Work("alice", "02", IN_TIME, Some(50))];
    let results = results(&format!("drop = 1\n{TEN}{DUE}"), &works);
    assert_eq!((told(&results).as_str(), results.complete), ("? 50 = ?/200 = -", false));
    assert!(results.labs[0].members[0].summary.ends_with("No grade yet: 2 days late: −20 %."));
}

#[test]
fn what_was_not_handed_in_counts_nothing_and_is_dropped_first() {
    let works = [Work("alice", "01", IN_TIME, Some(40)), Work("alice", "02", "absent", Some(0))];
    assert_eq!(told(&results("", &works)), "40 - = 40/200 = 20");
    assert_eq!(told(&results("drop = 1", &works)), "40 -x = 40/100 = 40");
}

#[test]
fn without_a_time_nothing_is_taken_away_and_one_note_says_so() {
    let works = [
        Work("alice", "01", "", Some(90)),
        Work("bob", "01", "late", Some(90)),
        Work("alice", "04", "", Some(50)),
    ];
    let results = results(&format!("{TEN}{DUE}[[extension]]\nstudent = \"ailce\"\ndays = 1\n"), &works);
    assert_eq!(told(&results), "90 50 = 140/200 = 70");
    assert_eq!(
        results.run.notes,
        [
            "no time of hand-in is known, so nothing was taken away: alice 01, bob 01",
            "the platform says late, but not when; give the time in the policy's `times`: bob 01",
            "the policy names ailce, who is not in this class",
        ]
    );
}

#[test]
fn a_list_of_times_goes_before_what_the_platform_says() {
    let times = Times::parse(b"student,lab,submitted\nalice,01,2026-10-13T10:00:00Z\n", None).unwrap();
    let policy = Policy::parse(&format!("{TEN}{DUE}"), None).unwrap();
    let labs = vec![lab("01", &[&Work("alice", "01", IN_TIME, Some(90))])];
    let results = policy.apply(&times, Moment::utc(0), sample::run(), labs);
    assert_eq!(told(&results), "81 = 81/100 = 81");
    assert_eq!(
        results.labs[0].members[0].summary,
        "2 of 2 checks passed. Grade 81 instead of 90: 1 day late: −10 %."
    );
}

#[rstest]
#[case::never("", true)]
#[case::not_yet("reveal = 2026-12-01T00:00:01Z\n", true)]
#[case::from_that_second_on("reveal = 2026-12-01T00:00:00Z\n", false)]
#[case::now("reveal = true\n", false)]
fn hidden_checks_are_hidden_until_they_are_revealed(#[case] reveal: &str, #[case] is_hidden: bool) {
    let policy = format!("{reveal}[labs.01]\nhidden = [\"m1::b\"]\n");
    let results = results(&policy, &[Work("alice", "01", IN_TIME, Some(90))]);
    assert_eq!((results.is_revealed("01", "m1::a"), results.is_revealed("01", "m1::b")), (true, !is_hidden));
    let seen = serde_json::to_string(&results.as_students_see()).unwrap();
    assert_eq!((seen.contains("m1::b"), seen.contains("m1_hidden::check_2")), (!is_hidden, is_hidden));
    let points = |results: &Results| results.labs[0].members[0].checks[1].points;
    assert_eq!(points(&results.as_students_see()), points(&results));
}

#[test]
fn a_milestone_is_hidden_with_all_its_checks() {
    let results = results("[labs.01]\nhidden = [\"m1\"]\n", &[Work("alice", "01", IN_TIME, Some(90))]);
    assert!(!results.is_revealed("01", "m1::a") && !results.is_revealed("01", "m1::b"));
}

#[test]
fn the_gradebook_has_what_counts_the_raw_points_and_why() {
    let works = [
        Work("alice", "01", "2026-10-12T13:00:00Z", Some(95)),
        Work("alice", "02", "absent", Some(0)),
        Work("bob", "01", IN_TIME, Some(80)),
        Work("bob", "02", IN_TIME, None),
    ];
    let excused = "[[excused]]\nstudent = \"alice\"\nlab = \"02\"\n";
    let results = results(&format!("[penalty]\npercent = 5\n{DUE}{excused}"), &works);
    let csv = String::from_utf8(crate::report::csv::gradebook(&results).unwrap()).unwrap();
    assert_eq!(
        csv,
        "member,total,of,percent,lab 01,lab 01 raw,lab 01 why,lab 02,lab 02 raw,lab 02 why\n\
         alice,90.25,100,90.25,90.25,95,1 day late: −5 %,EX,,excused\nbob,,200,,80,,,,,\n"
    );
}

#[test]
fn results_under_a_policy_survive_json() {
    let works = [Work("alice/1", "01", "2026-10-12T13:00:00Z", Some(95)), Work("alice/2", "01", "", None)];
    let results = results(&format!("{TEN}{DUE}"), &works);
    let text = crate::report::json::render(&results).unwrap();
    assert_eq!(crate::report::json::parse(&text).unwrap(), results);
}
