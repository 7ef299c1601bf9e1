//! `results.json` is what its schema says, and the schema says something.

use std::fs;
use std::path::Path;

use super::*;
use crate::report::formats::tests::{graded::under_policy, readers::schema, results, valid::odd};
use crate::score::{Expect, Expectation};
use rstest::rstest;
use serde_json::{Value, json};

const FILE: &str = "schema/results-v2.schema.json";

/// A sample class: each member says what it must get, and whether it did.
fn sample_class() -> Results {
    let mut results = results();
    let expect =
        [Expect::Full, Expect::Floor(0), Expect::CaughtBy(vec!["m1_one::it_ends".to_owned()]), Expect::Full];
    for (member, expect) in results.labs[0].members.iter_mut().zip(expect) {
        let found = expect.judge(None, member.total, member.undecided, &member.checks);
        member.entry.expect = Some(expect);
        member.entry.work = "1f".to_owned();
        member.likely = vec!["it waits for a child that is gone".to_owned()];
        member.checks[0].detail = "pid 7 waits".to_owned();
        member.expectation = Some(Expectation { met: found.met, text: found.text });
    }
    results
}

fn all() -> [(&'static str, Results); 4] {
    [
        ("refused, broken, undecided", results()),
        ("two labs, interrupted", odd()),
        ("sample", sample_class()),
        ("policy", under_policy()),
    ]
}

#[test]
fn every_kind_of_results_is_as_the_schema_says() {
    for (name, results) in all() {
        let text = String::from_utf8(render(&results).unwrap()).unwrap();
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(format!("tests/formats/results/{}.json", name.replace([' ', ','], "-")));
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &text).unwrap();
        }
        let golden = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(text, golden, "{name}");
        schema(FILE, &golden).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert_eq!(parse(golden.as_bytes()).unwrap(), results, "{name}");
    }
}

#[test]
fn the_results_name_their_schema() {
    let text = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE)).unwrap();
    let schema: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(schema["properties"]["schema"]["const"], SCHEMA);
    let results: Value = serde_json::from_slice(&render(&results()).unwrap()).unwrap();
    assert_eq!(results["schema"], SCHEMA);
}

/// Each field that is written is described, and each that is described is written somewhere: neither side can rot alone.
#[test]
fn the_schema_has_every_field_and_no_other() {
    let text = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE)).unwrap();
    let schema: Value = serde_json::from_slice(&text).unwrap();
    let written: Vec<Value> = all().iter().map(|(_, results)| json!(results)).collect();
    let mut fields = std::collections::BTreeSet::new();
    written.iter().for_each(|results| names(results, &mut fields));
    let mut described = std::collections::BTreeSet::new();
    properties(&schema, &mut described);
    assert_eq!(fields, described);
}

/// The keys of all objects.
fn names(value: &Value, found: &mut std::collections::BTreeSet<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| {
            found.insert(key.clone());
            names(value, found);
        }),
        Value::Array(all) => all.iter().for_each(|value| names(value, found)),
        _ => {}
    }
}

/// The keys of all `properties`.
fn properties(schema: &Value, found: &mut std::collections::BTreeSet<String>) {
    match schema {
        Value::Object(map) => map.iter().for_each(|(key, value)| {
            if let ("properties", Value::Object(fields)) = (key.as_str(), value) {
                found.extend(fields.keys().cloned());
            }
            properties(value, found);
        }),
        Value::Array(all) => all.iter().for_each(|value| properties(value, found)),
        _ => {}
    }
}

#[rstest]
#[case::another_version("/schema", json!("ipc-labs/results/v1"))]
#[case::no_time("/started", json!("yesterday"))]
#[case::no_level("/level", json!("strong"))]
#[case::a_negative_seed("/seed", json!(-1))]
#[case::a_note_without_words("/notes", json!([""]))]
#[case::no_lab("/labs", json!([]))]
#[case::points_as_text("/students/0/total", json!("40"))]
#[case::half_a_point("/students/0/labs/0/points", json!(0.5))]
#[case::points_for_nothing("/students/2/labs/0/points", json!(7))]
#[case::a_lab_that_is_no_number("/students/0/labs/0/lab", json!("one"))]
#[case::an_unknown_verdict("/labs/0/members/0/checks/0/verdict", json!("maybe"))]
#[case::points_for_a_failure("/labs/0/members/0/checks/1/points", json!(5))]
#[case::a_check_that_is_no_name("/labs/0/members/0/checks/0/check", json!("it prints"))]
#[case::an_unknown_field_in_a_check("/labs/0/members/0/checks/0/extra", json!(1))]
#[case::an_unknown_standing("/labs/0/members/2/standing", json!("late"))]
#[case::an_empty_summary("/labs/0/members/0/summary", json!(""))]
#[case::an_empty_milestone("/labs/0/milestones/0/checks", json!([]))]
fn damaged_results_are_refused(#[case] place: &str, #[case] value: Value) {
    let mut results = serde_json::to_value(results()).unwrap();
    let (parent, key) = place.rsplit_once('/').unwrap();
    match results.pointer_mut(parent).unwrap() {
        Value::Object(map) => drop(map.insert(key.to_owned(), value)),
        other => panic!("{parent} is {other}"),
    }
    assert!(schema(FILE, &results.to_string()).is_err(), "it was taken");
}

#[rstest]
#[case("", "schema")]
#[case("", "labs")]
#[case("", "complete")]
#[case("/students/0", "undecided")]
#[case("/students/0/labs/0", "member")]
#[case("/labs/0/members/0", "checks")]
#[case("/labs/0/members/2", "refused")]
#[case("/labs/0/members/0/checks/0", "verdict")]
fn results_without_a_field_are_refused(#[case] place: &str, #[case] field: &str) {
    let mut results = serde_json::to_value(results()).unwrap();
    let map = results.pointer_mut(place).and_then(Value::as_object_mut).unwrap();
    assert!(map.remove(field).is_some());
    assert!(schema(FILE, &results.to_string()).is_err(), "it was taken");
}

/// Whoever writes a field must describe it. At these places of a class under a policy is an object of each kind.
#[rstest]
#[case("")]
#[case("/students/0")]
#[case("/students/0/total_grade")]
#[case("/students/0/labs/0")]
#[case("/students/0/labs/0/grade")]
#[case("/students/0/labs/0/grade/attempts/0")]
#[case("/labs/0")]
#[case("/labs/0/milestones/0")]
#[case("/labs/0/milestones/0/checks/0")]
#[case("/labs/0/members/0")]
#[case("/labs/0/members/0/handed_in")]
#[case("/labs/0/members/0/milestones/0")]
#[case("/labs/0/members/0/checks/0")]
fn a_field_that_nobody_described_is_refused(#[case] place: &str) {
    let mut results = serde_json::to_value(under_policy()).unwrap();
    schema(FILE, &results.to_string()).unwrap();
    let map = results.pointer_mut(place).and_then(Value::as_object_mut).unwrap();
    map.insert("more".to_owned(), json!(1));
    assert!(schema(FILE, &results.to_string()).is_err(), "it was taken");
}

/// A program of an earlier edition reads what a later one writes.
#[test]
fn a_field_of_a_later_edition_is_ignored() {
    let mut results = serde_json::to_value(under_policy()).unwrap();
    results["labs"][0]["members"][0]["later"] = json!({ "points": 38 });
    assert_eq!(parse(results.to_string().as_bytes()).unwrap(), under_policy());
}

#[rstest]
#[case::a_grade_as_text("/students/0/labs/0/grade/points", json!("30"))]
#[case::a_penalty_above_all("/students/0/labs/0/grade/penalty", json!(101))]
#[case::one_attempt_is_not_several("/students/0/labs/0/grade/attempts", json!([]))]
#[case::an_hour_without_an_offset("/students/0/labs/0/grade/submitted", json!("2026-10-14T12:00:00"))]
#[case::points_for_an_excused_one("/students/1/labs/1/grade/points", json!(40))]
#[case::a_total_below_nothing("/students/0/total_grade/points", json!(-1))]
#[case::what_is_not_hidden_says_nothing("/labs/0/milestones/0/checks/1/hidden", json!(false))]
#[case::an_attempt_of_nobody("/labs/0/members/0/handed_in", json!({ "attempt": "2" }))]
fn damaged_grades_are_refused(#[case] place: &str, #[case] value: Value) {
    let mut results = serde_json::to_value(under_policy()).unwrap();
    *results.pointer_mut(place).unwrap() = value;
    assert!(schema(FILE, &results.to_string()).is_err(), "it was taken");
}
