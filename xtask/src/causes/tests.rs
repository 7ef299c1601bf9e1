//! The rules on small catalogues, then how often the real one is right, wrong or silent.

use super::*;
use crate::manifest::{self, Manifest};
use rstest::rstest;

fn how(text: &str) -> How {
    text.to_owned().try_into().unwrap()
}

/// The outcomes of a program: each of `checks` is kept, or broken as `fails` says, or `unwritten`.
fn outcomes<'a>(
    checks: impl Iterator<Item = &'a str>,
    fails: &BTreeMap<String, How>,
    unwritten: &BTreeSet<String>,
) -> Vec<CheckOutcome> {
    let outcome = |check: &str| {
        let sentence = manifest::sentence(check);
        let (verdict, text) = match fails.get(check) {
            _ if unwritten.contains(check) => (Verdict::Crash, format!("psh panicked: {UNFINISHED}: M9: x")),
            None => (Verdict::Pass, String::new()),
            Some(How { verdict, case: None }) => (*verdict, format!("wanted: {sentence}\nwhy")),
            Some(How { verdict, case: Some(case) }) => {
                (*verdict, format!("wanted: {sentence} ({case})\nwhy"))
            }
        };
        CheckOutcome {
            check: check.to_owned(),
            points: 0,
            max: 1,
            verdict,
            text,
            detail: String::new(),
            seed: 7,
            millis: 0,
        }
    };
    checks.map(outcome).collect()
}

fn fails(pairs: &[(&str, &str)]) -> BTreeMap<String, How> {
    pairs.iter().map(|(check, text)| ((*check).to_owned(), how(text))).collect()
}

/// `ends` and `twin` differ only in the third milestone.
fn small() -> Catalogue {
    let bug = |name: &str, pairs| Bug { name: name.into(), cause: format!("{name}."), fails: fails(pairs) };
    Catalogue {
        bugs: vec![
            bug("ends", &[("m1::a", "hang"), ("m2::c", "fail in case 2 x"), ("m3::e", "fail")]),
            bug("twin", &[("m1::a", "hang"), ("m2::c", "fail in case 2 x")]),
            bug("lone", &[("m2::d", "fail")]),
            bug("case", &[("m1::b", "fail in case 3 y")]),
        ],
        unfinished: vec![Unfinished {
            written: "m2".into(),
            stubs: BTreeSet::new(),
            fails: fails(&[("m3::e", "fail"), ("m3::f", "fail")]),
        }],
    }
}

const CHECKS: [&str; 6] = ["m1::a", "m1::b", "m2::c", "m2::d", "m3::e", "m3::f"];

fn named(seen: &[(&str, &str)], unwritten: &[&str]) -> Option<(Vec<String>, Fit)> {
    let unwritten = unwritten.iter().map(|check| (*check).to_owned()).collect();
    let catalogue = small();
    let likely = likely(&catalogue, &outcomes(CHECKS.into_iter(), &fails(seen), &unwritten))?;
    Some((likely.bugs.iter().map(|bug| bug.name.clone()).collect(), likely.fit))
}

#[rstest]
#[case::all_of_it(&[("m1::a", "hang"), ("m2::c", "fail in case 2 x"), ("m3::e", "fail")], &[], Some((vec!["ends"], Fit::Whole)))]
#[case::both_look_alike(&[("m1::a", "hang"), ("m2::c", "fail in case 2 x")], &["m3::f"], Some((vec!["ends", "twin"], Fit::Either)))]
#[case::another_verdict(&[("m1::a", "fail"), ("m2::c", "fail in case 2 x"), ("m3::e", "fail")], &[], None)]
#[case::another_case(&[("m1::b", "fail in case 1 x")], &[], None)]
#[case::its_case(&[("m1::b", "fail in case 3 y")], &[], Some((vec!["case"], Fit::Whole)))]
#[case::a_lone_failure(&[("m2::d", "fail")], &[], None)]
#[case::one_beside_another(&[("m1::b", "fail in case 3 y"), ("m2::d", "fail")], &[], Some((vec!["lone", "case"], Fit::Both)))]
#[case::something_more(&[("m1::b", "fail in case 3 y"), ("m3::f", "fail")], &[], None)]
#[case::a_later_milestone_is_another_matter(&[("m1::a", "hang"), ("m2::c", "fail in case 2 x"), ("m3::f", "fail")], &[], None)]
#[case::too_few_checks(&[("m1::b", "fail in case 3 y")], &["m2::c", "m3::e"], None)]
#[case::unwritten_code(&[("m3::e", "fail")], &["m3::f"], None)]
#[case::an_unfinished_milestone(&[("m3::e", "fail"), ("m3::f", "fail")], &[], None)]
#[case::nothing(&[], &[], None)]
fn a_cause_is_named_on_a_convincing_fit_only(
    #[case] seen: &[(&str, &str)],
    #[case] unwritten: &[&str],
    #[case] expected: Option<(Vec<&str>, Fit)>,
) {
    let expected = expected.map(|(names, fit)| (names.into_iter().map(str::to_owned).collect(), fit));
    assert_eq!(named(seen, unwritten), expected);
}

#[test]
fn a_catalogue_is_read_as_it_was_written() {
    let text = render(&small()).unwrap();
    assert!(text.contains("\"m2::c\" = \"fail in case 2 x\""), "{text}");
    assert_eq!(parse(&text).unwrap(), small());
}

#[rstest]
#[case(
    "[[bug]]\nname = \"x\"\ncause = \"y\"\n[bug.fails]\n\"m1::a\" = \"grader error\"\n",
    "is no way to fail"
)]
#[case("[[bug]]\nname = \"x\"\n", "missing field `cause`")]
fn a_damaged_catalogue_is_told(#[case] text: &str, #[case] expected: &str) {
    let told = parse(text).unwrap_err();
    assert!(told.contains(expected), "{told}");
}

#[test]
fn a_catalogue_must_fit_its_mutants() {
    let mutant = |name: &str, check: &str, cause: &str| {
        let head = format!("# catches: {check}\n# misconception: x\n# cause: {cause}\n");
        crate::patch::parse(name, &format!("{head}--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n")).unwrap()
    };
    let mutants = [
        mutant("ends", "m1::a", "ends."),
        mutant("twin", "m3::e", "other words"),
        mutant("lone", "m2::d", "lone."),
        mutant("new", "m1::a", "x"),
    ];
    let checks = BTreeSet::from(["m1::a", "m1::b", "m2::c", "m2::d", "m3::e"]);
    assert_eq!(
        problems(&small(), &mutants, &checks),
        [
            "twin has other words than its patch",
            "twin does not fail m3::e",
            "new is missing",
            "case is no mutant",
            "there is no check m3::f"
        ]
    );
}

// From here on: the real catalogue, measured on the mutants of lab 01.

fn lab() -> (Manifest, Catalogue) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../labs/01-pipeline-shell");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    (manifest::parse(&read("lab.toml")).unwrap(), parse(&read(FILE)).unwrap())
}

/// How often the right bug was named, a wrong one, or none.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Tally {
    right: usize,
    wrong: usize,
    silent: usize,
}

impl Tally {
    fn count(&mut self, likely: Option<Likely<'_>>, present: &[&Bug]) {
        match likely {
            None => self.silent += 1,
            Some(likely) if likely.bugs.iter().any(|bug| present.contains(bug)) => self.right += 1,
            Some(_) => self.wrong += 1,
        }
    }
}

fn milestone(check: &str) -> &str {
    check.split("::").next().unwrap()
}

/// The parts of the lab that a student may run who has this bug: all of it; the milestones up to the first that
/// fails; that one alone; a single check.
fn parts<'a>(checks: &[&'a str], bug: &Bug) -> [Vec<Vec<&'a str>>; 4] {
    let first = checks.iter().position(|check| bug.fails.contains_key(*check)).unwrap();
    let alone: Vec<&str> =
        checks.iter().filter(|c| milestone(c) == milestone(checks[first])).copied().collect();
    let end = checks.iter().rposition(|check| milestone(check) == milestone(checks[first])).unwrap();
    let single = checks.iter().filter(|check| bug.fails.contains_key(**check)).map(|check| vec![*check]);
    [vec![checks.to_vec()], vec![checks[..=end].to_vec()], vec![alone], single.collect()]
}

#[test]
fn the_right_cause_is_named_often_and_a_wrong_one_hardly_ever() {
    let (manifest, catalogue) = lab();
    let checks: Vec<&str> = manifest.checks().map(|check| check.name.as_str()).collect();
    let (mut known, mut unknown) = ([Tally::default(); 4], [Tally::default(); 4]);
    for bug in &catalogue.bugs {
        let mut others = catalogue.clone();
        others.bugs.retain(|other| other != bug);
        for (at, parts) in parts(&checks, bug).iter().enumerate() {
            for part in parts {
                let outcomes = outcomes(part.iter().copied(), &bug.fails, &BTreeSet::new());
                known[at].count(likely(&catalogue, &outcomes), &[bug]);
                // The same for a bug that nobody knows yet: silence is right.
                unknown[at].count(likely(&others, &outcomes), &[]);
            }
        }
    }
    println!(
        "all, up to the first failing milestone, that one alone, single checks:\n{known:?}\n{unknown:?}"
    );
    let bugs = catalogue.bugs.len();
    assert!(known.iter().all(|tally| tally.wrong == 0), "{known:?}");
    assert!(known[..3].iter().all(|tally| tally.right * 4 >= bugs * 3), "{known:?}");
    assert!(unknown[..2].iter().all(|tally| tally.wrong * 20 <= bugs), "{unknown:?}");
    assert!(unknown[2].wrong * 10 <= bugs, "{unknown:?}");
    // One check alone is no pattern.
    assert_eq!((known[3].right, unknown[3].wrong), (0, 0));
}

#[test]
fn two_bugs_at_once_are_told_apart_or_nothing_is_said() {
    let (manifest, catalogue) = lab();
    let checks: Vec<&str> = manifest.checks().map(|check| check.name.as_str()).collect();
    let mut tally = Tally::default();
    for (at, one) in catalogue.bugs.iter().enumerate() {
        for other in &catalogue.bugs[at + 1..] {
            let outcomes = outcomes(checks.iter().copied(), &both(one, other), &BTreeSet::new());
            tally.count(likely(&catalogue, &outcomes), &[one, other]);
        }
    }
    println!("pairs: {tally:?}");
    let pairs = tally.right + tally.wrong + tally.silent;
    assert!(tally.wrong * 100 <= pairs, "{tally:?}");
    assert!(tally.right * 10 >= pairs * 7, "{tally:?}");
}

/// What fails with both bugs: of a check's cases the earlier one, and of one case either.
fn both(one: &Bug, other: &Bug) -> BTreeMap<String, How> {
    let number = |how: &How| -> usize {
        how.case.as_deref().and_then(|case| case.split(' ').nth(1)?.parse().ok()).unwrap_or(1)
    };
    let mut all = one.fails.clone();
    for (check, how) in &other.fails {
        let earlier = all.entry(check.clone()).or_insert_with(|| how.clone());
        if number(how) < number(earlier) {
            how.clone_into(earlier);
        }
    }
    all
}

#[test]
fn unfinished_work_is_no_bug() {
    let (manifest, catalogue) = lab();
    assert_eq!(catalogue.unfinished.len(), manifest.milestones.len());
    for stage in &catalogue.unfinished {
        let checks = manifest.checks().map(|check| check.name.as_str());
        let outcomes = outcomes(checks, &stage.fails, &stage.stubs);
        assert_eq!(likely(&catalogue, &outcomes), None, "{} is written", stage.written);
        // Nor if only the next milestone is run.
        for milestone in &manifest.milestones {
            let own =
                outcomes.iter().filter(|outcome| manifest.milestone_of(&outcome.check) == Some(milestone));
            let own: Vec<CheckOutcome> = own.cloned().collect();
            assert_eq!(likely(&catalogue, &own), None, "{} is written, {} runs", stage.written, milestone.id);
        }
    }
}
