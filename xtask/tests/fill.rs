//! `fill`, from outside: what a teacher gives, gets, and reads when something is wrong.

mod tiny_kit;

use std::fs;
use std::path::Path;

use predicates::str::contains;
use rstest::rstest;
use tiny_kit::Tiny;

const SHEET: &str = "Identifier,Full name,Email address,Grade,Maximum grade,Last modified (grade)\r\n\
    Participant 11,Alice A,alice,,100.00,-\r\nParticipant 12,Erin E,erin,,100.00,-\r\n";

/// A course with graded submissions of `class` and a sheet of Moodle's.
fn graded(class: &str) -> Tiny {
    let tiny = Tiny::new();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/results").join(class);
    fs::create_dir(tiny.path("grades")).unwrap();
    fs::copy(golden, tiny.path("grades/results.json")).unwrap();
    fs::write(tiny.path("sheet.csv"), SHEET).unwrap();
    tiny
}

#[test]
fn a_copy_is_filled_beside_the_grades_and_the_sheet_stays() {
    let tiny = graded("refused--broken--undecided.json");
    tiny.xtask(&["fill", "moodle", "sheet.csv"])
        .assert()
        .code(1)
        .stdout(contains("Grade: 1 of 2 rows filled\n"))
        .stdout(contains("graded, but in no row or not clear in which: =Bob"))
        .stdout(contains("in the sheet, but not in the grades: Erin E\n"))
        .stdout(contains("grades/sheet.filled.csv\n"));
    assert_eq!(tiny.read("sheet.csv"), SHEET);
    assert_eq!(tiny.read("grades/sheet.filled.csv"), SHEET.replace("alice,,", "alice,40,"));
    // Filled again, it has the same bytes.
    let args = ["fill", "moodle", "grades/sheet.filled.csv"];
    tiny.xtask(&args).assert().code(1);
    assert_eq!(tiny.read("grades/sheet.filled.filled.csv"), tiny.read("grades/sheet.filled.csv"));
}

#[rstest]
#[case::no_sheet(&["fill", "moodle", "gone.csv"], 4, "error: read gone.csv: ")]
#[case::no_csv(&["fill", "moodle", "grades"], 4, "error: read grades: this is no sheet of a class\n")]
#[case::no_column(&["fill", "moodle", "sheet.csv", "--column", "Note"], 4, "error: read sheet.csv: no column is called \"Note\"")]
#[case::no_canvas(&["fill", "canvas", "sheet.csv"], 4, "error: read sheet.csv: this is no gradebook of Canvas")]
#[case::no_grades(&["fill", "moodle", "sheet.csv", "--grades", "gone"], 4, "error: look for a graded class in gone: ")]
#[case::no_lab(&["fill", "moodle", "sheet.csv", "--lab", "7"], 2, "error: which lab? --lab must be one of those graded: 01\n")]
#[case::no_roster(&["fill", "moodle", "sheet.csv", "--roster", "gone"], 4, "error: read the roster gone: ")]
fn what_cannot_be_used_is_told_and_nothing_is_written(
    #[case] args: &[&str],
    #[case] status: i32,
    #[case] told: &'static str,
) {
    let tiny = graded("refused--broken--undecided.json");
    let before = fs::read_dir(tiny.path("grades")).unwrap().count();
    tiny.xtask(args).assert().code(status).stderr(contains(told));
    assert_eq!(fs::read_dir(tiny.path("grades")).unwrap().count(), before);
}

#[test]
fn of_several_labs_one_must_be_named() {
    let tiny = graded("two-labs--interrupted.json");
    let told = "error: which lab? --lab must be one of those graded: 01, 02\n";
    tiny.xtask(&["fill", "moodle", "sheet.csv"]).assert().code(2).stderr(contains(told));
    tiny.xtask(&["fill", "moodle", "sheet.csv", "--lab", "2"])
        .assert()
        .stdout(contains("Grade: 0 of 2 rows"));
}
