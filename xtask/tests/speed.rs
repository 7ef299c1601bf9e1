//! `speed`, from outside, on the tiny course. What it measures depends on the machine; that it measures, and what it needs
//! for that, does not.

mod tiny_kit;

use std::fs;
use std::path::Path;

use predicates::str::contains;
use tiny_kit::Tiny;

fn measured(tiny: &Tiny, place: &Path, more: &[&str]) -> assert_cmd::assert::Assert {
    let place = place.to_str().unwrap();
    let args = ["speed", "--lab", "01", "--submissions", "2", "--rounds", "1", "--place", place];
    tiny.xtask(&[&args, more].concat()).assert()
}

#[test]
fn a_class_is_measured_in_three_ways_and_nothing_is_left() {
    let (tiny, place) = (Tiny::new(), tempfile::tempdir().unwrap());
    tiny.with_lecture().git_add();
    let page = tiny.path("xtask/docs/speed.md");
    fs::create_dir_all(page.parent().unwrap()).unwrap();
    fs::write(&page, "before\n<!-- speed -->\nold\n<!-- /speed -->\nafter\n").unwrap();
    let json = tiny.path("figures.json");
    let done = measured(&tiny, place.path(), &["--markdown", "--write", "--json", json.to_str().unwrap()]);
    let told = String::from_utf8(done.code(0).get_output().stdout.clone()).unwrap();
    let table = &told[told.find("| | min").expect("a table")..];
    for row in ["| grader, per submission |", "| **ratio, new target folder** |", "| disk, grader |"] {
        assert!(table.contains(row), "{row} is not in:\n{told}");
    }
    assert_eq!(
        fs::read_to_string(page).unwrap(),
        format!("before\n<!-- speed -->\n{table}<!-- /speed -->\nafter\n")
    );
    let figures: serde_json::Value = serde_json::from_slice(&fs::read(json).unwrap()).unwrap();
    let round = &figures["rounds"][0];
    for way in ["fresh", "warm"] {
        assert_eq!(round[way].as_array().unwrap().len(), 2, "{way}");
    }
    for used in [&figures["first"], &round["grader"], &round["fresh"][1], &round["warm"][0]] {
        assert!(used["seconds"].as_f64() > Some(0.0) && used["disk"].as_u64() > Some(0), "{used}");
    }
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn a_wrong_grade_gives_no_figures() {
    let (tiny, place) = (Tiny::new(), tempfile::tempdir().unwrap());
    tiny.with_lecture();
    // Nobody can have these points.
    let spec = "labs/01-two-checks/tests/spec/m1_one.rs";
    tiny.edit(spec, "\"1\\n\"", "\"never\\n\"").git_add();
    measured(&tiny, place.path(), &["--grader-only"]).code(5).stderr(contains("not as expected"));
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn what_a_student_waits_for_is_measured_beside_cargo_test() {
    let (tiny, place) = (Tiny::new(), tempfile::tempdir().unwrap());
    tiny.with_lecture().git_add();
    let page = tiny.path("xtask/docs/speed.md");
    fs::create_dir_all(page.parent().unwrap()).unwrap();
    fs::write(&page, "<!-- speed-check -->\nold\n<!-- /speed-check -->\n").unwrap();
    let json = tiny.path("figures.json");
    let shown = ["--check", "--markdown", "--write", "--json", json.to_str().unwrap()];
    let told = student(&tiny, place.path(), &shown).code(0).get_output().stdout.clone();
    let told = String::from_utf8(told).unwrap();
    let table = &told[told.find("| | min").expect("a table")..];
    assert_eq!(
        fs::read_to_string(page).unwrap(),
        format!("<!-- speed-check -->\n{table}<!-- /speed-check -->\n")
    );
    let figures: serde_json::Value = serde_json::from_slice(&fs::read(json).unwrap()).unwrap();
    let turn = &figures["turns"][0];
    for state in ["cold", "warm", "changed"] {
        for tool in ["ours", "cargo"] {
            assert!(turn[state][tool].as_f64() > Some(0.0), "{state} {tool}: {turn}");
        }
    }
    assert!(turn["first_verdict"].as_f64() <= turn["last_verdict"].as_f64(), "{turn}");
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn a_lab_whose_checks_fail_gives_no_figures() {
    let (tiny, place) = (Tiny::new(), tempfile::tempdir().unwrap());
    tiny.with_lecture();
    tiny.edit("labs/01-two-checks/tests/spec/m1_one.rs", "\"1\\n\"", "\"never\\n\"").git_add();
    student(&tiny, place.path(), &["--check"]).code(5).stderr(contains("need not be fast"));
    student(&tiny, place.path(), &["--check", "--grader-only"]).code(2);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

fn student(tiny: &Tiny, place: &Path, more: &[&str]) -> assert_cmd::assert::Assert {
    let args = ["speed", "--lab", "01", "--rounds", "1", "--place", place.to_str().unwrap()];
    tiny.xtask(&[&args, more].concat()).assert()
}

#[test]
fn a_place_in_the_course_and_a_class_of_nobody_are_refused() {
    let tiny = Tiny::new();
    measured(&tiny, tiny.root(), &[]).code(2).stderr(contains("must not lie inside the course"));
    tiny.xtask(&["speed", "--submissions", "0"]).assert().code(2);
    measured(&tiny, Path::new("/proc/none"), &[]).code(4).stderr(contains("/proc/none"));
}
