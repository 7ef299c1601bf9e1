//! Sheets as the platforms export them, filled.

use super::*;
use crate::report::formats::tests::{graded, results};
use rstest::rstest;

const MOODLE: &str = "\u{feff}Identifier,\"Full name\",\"Email address\",Status,Grade,\"Maximum grade\",\"Grade can be changed\",\"Last modified (grade)\",\"Feedback comments\"\r\n\
    \"Participant 11\",\"Alice A\",ALICE,\"Submitted for grading - \",,100.00,Yes,-,\r\n\
    \"Participant 12\",\"=Bob, \"\"the\"\" <Müller>/..\",b@uni.edu,\"No submission, \"\"late\"\"\",\"5.00\",100.00,Yes,\"Monday, 1 June\",\"old\"\r\n\
    \"Participant 13\",Carol,carol,-,7.00,100.00,Yes,-,keep\r\n\
    \"Participant 14\",Erin,erin@uni.edu,-,,100.00,Yes,-,\r\n";

const CANVAS: &str = "Student,ID,SIS User ID,SIS Login ID,Section,Lab 1 Pipes (12345),Lab 10 (12346),Final Score\n\
    \"    Points Possible\",,,,,50,100,(read only)\n\
    \"A, Alice\",7,,alice,\"S1, S2\",,3,\n\
    \"Dave\",8,,dave,S1,12,4,\n\
    \"Student, Test\",9,,x,S1,,,\n";

fn args(kind: Kind) -> FillArgs {
    FillArgs {
        kind,
        sheet: PathBuf::new(),
        lab: None,
        grades: PathBuf::new(),
        roster: None,
        column: None,
        feedback: None,
        name: None,
        ids: vec![],
        max: None,
    }
}

fn fill(text: &str, args: &FillArgs, roster: Option<&str>) -> Result<(String, Filled, Columns), String> {
    fill_from(&results(), 0, text, args, roster)
}

fn fill_from(
    results: &Results,
    at: usize,
    text: &str,
    args: &FillArgs,
    roster: Option<&str>,
) -> Result<(String, Filled, Columns), String> {
    let roster = roster.map(|text| Roster::parse(text.as_bytes()).unwrap());
    let sheet = Sheet::parse(text.as_bytes().to_vec())?;
    let columns = Columns::find(&sheet, args, &results.labs[at].head)?;
    let filled = Filled::new(&sheet, &columns, &results.students, at, &results.labs[at], roster.as_ref());
    Ok((String::from_utf8(filled.bytes.clone()).unwrap(), filled, columns))
}

#[test]
fn a_worksheet_of_moodle_gets_grades_and_feedback_and_keeps_every_other_byte() {
    let (text, filled, columns) = fill(MOODLE, &args(Kind::Moodle), None).unwrap();
    let expected = MOODLE
        .replace(
            "grading - \",,100.00,Yes,-,\r\n",
            "grading - \",40,100.00,Yes,-,\"1 of 3 checks passed, 1 failed, 1 hung.\"\r\n",
        )
        .replace("\"5.00\"", "\"0\"")
        .replace("\"old\"", "\"Did not compile: error[E0425]: cannot find `x`.\"");
    assert_eq!(text, expected);
    assert_eq!(
        filled.told(&columns),
        "Grade: 2 of 4 rows filled\n\
         in the sheet, but not in the grades: Erin\n\
         left as it was: not handed in, excused, or not decided: carol\n"
    );
}

/// What `importgradeslib.php` looks for stays as it was: the columns, the participants, the times.
#[test]
fn moodle_would_take_the_filled_worksheet() {
    let (text, ..) = fill(MOODLE, &args(Kind::Moodle), None).unwrap();
    let rows = |text: &str| -> Vec<Vec<String>> {
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    };
    let (old, new) = (rows(MOODLE), rows(&text));
    assert_eq!(old.len(), new.len());
    for (old, new) in old.iter().zip(&new).skip(1) {
        let fixed = |row: &[String]| [&row[..4], &row[5..8]].concat();
        assert_eq!(fixed(old), fixed(new));
        assert!(new[4].is_empty() || new[4].parse::<f64>().is_ok_and(|grade| grade <= 100.0), "{}", new[4]);
    }
}

#[test]
fn a_gradebook_of_canvas_gets_one_column_scaled_to_its_points() {
    let (text, filled, columns) = fill(CANVAS, &args(Kind::Canvas), None).unwrap();
    assert_eq!(text, CANVAS.replace("\"S1, S2\",,3", "\"S1, S2\",20,3"));
    assert_eq!(
        filled.told(&columns),
        "Lab 1 Pipes (12345): 1 of 3 rows filled\n\
         scaled: the sheet's best grade is 50, the lab has 100 points\n\
         graded, but in no row or not clear in which: =Bob, \"the\" <Müller>/..\n\
         in the sheet, but not in the grades: Student, Test\n\
         left as it was: not handed in, excused, or not decided: dave\n"
    );
}

#[test]
fn under_a_policy_the_grade_is_filled_and_whoever_is_excused_keeps_what_is_there() {
    let results = graded::under_policy();
    let sheet = "Student,ID,SIS Login ID,Section,Lab 1 (1),Lab 2 (2)\n\"A, A\",7,alice,S,,8\nE,8,eve,S,,9\n";
    let (text, ..) = fill_from(&results, 0, sheet, &args(Kind::Canvas), None).unwrap();
    assert_eq!(text, sheet.replace("alice,S,", "alice,S,30").replace("eve,S,", "eve,S,40"));
    let (text, filled, columns) = fill_from(&results, 1, sheet, &args(Kind::Canvas), None).unwrap();
    assert_eq!(text, sheet.replace(",8\n", ",40\n"));
    assert!(filled.told(&columns).contains("excused, or not decided: eve\n"), "{}", filled.told(&columns));
    // Students read the feedback.
    let (text, ..) = fill_from(&results, 0, MOODLE, &args(Kind::Moodle), None).unwrap();
    assert!(text.contains("Of 2 attempts 2 counts. Grade 30 instead of 40: "), "{text}");
    assert!(!graded::SECRETS.iter().any(|secret| text.contains(secret)), "{text}");
}

#[test]
fn a_roster_says_which_address_is_whose() {
    let sheet = MOODLE.replace("ALICE", "a.a@uni.edu");
    let roster = "Name,Mail\nalice,A.A@uni.edu\ncarol,c@uni.edu\n";
    let (text, ..) = fill(&sheet, &args(Kind::Moodle), Some(roster)).unwrap();
    assert!(text.contains("a.a@uni.edu,\"Submitted for grading - \",40,"), "{text}");
    let (text, filled, _) = fill(&sheet, &args(Kind::Moodle), None).unwrap();
    assert!(text.contains("a.a@uni.edu,\"Submitted for grading - \",,"), "{text}");
    assert_eq!(filled.strangers, ["alice"]);
}

#[test]
fn headers_of_another_language_are_named() {
    let german = "ID;Vollständiger Name;E-Mail-Adresse;Bewertung;Bestwertung;Zuletzt geändert (Bewertung)\n\
                  Teilnehmer/in 11;A;alice;;10,00;-\n";
    let told = fill(german, &args(Kind::Moodle), None).map(drop).unwrap_err();
    assert!(told.contains("no column is called \"Grade\"; name it with --column: ID, Voll"), "{told}");
    let args = FillArgs {
        column: Some("Bewertung".to_owned()),
        ids: vec!["E-Mail-Adresse".to_owned()],
        name: Some("Vollständiger Name".to_owned()),
        max: Some("Bestwertung".to_owned()),
        ..args(Kind::Moodle)
    };
    assert_eq!(fill(german, &args, None).unwrap().0, german.replace(";;", ";4;"));
}

#[test]
fn a_comment_is_no_html() {
    assert_eq!(columns::html("expected Vec<u8> & more"), "expected Vec&lt;u8&gt; &amp; more");
}

#[rstest]
#[case(Kind::Moodle, "a,b\n1,2\n", None, "no column is called \"Grade\"; name it with --column: a, b")]
#[case(
    Kind::Moodle,
    "Grade,b\n1,2\n",
    None,
    "no column has names or addresses; name one with --name or --id: Grade, b"
)]
#[case(
    Kind::Canvas,
    MOODLE,
    None,
    "this is no gradebook of Canvas: its first columns are not Student and ID"
)]
#[case(
    Kind::Canvas,
    "Student,ID,Homework (1)\nx,1,2\n",
    None,
    "not one column is of lab 01; name it with --column: Student, ID, Homework (1)"
)]
#[case(
    Kind::Canvas,
    "Student,ID,Lab 1 (1),lab01 (2)\nx,1,2\n",
    None,
    "not one column is of lab 01; name it with --column: Student, ID, Lab 1 (1), lab01 (2)"
)]
#[case(Kind::Canvas, CANVAS, Some("Final Score"), "Final Score is Canvas' own total and cannot be filled")]
#[case(
    Kind::Canvas,
    CANVAS,
    Some("Lab 2"),
    "no column is called \"Lab 2\"; name it with --column: Student, ID, SIS User ID, SIS Login ID, Section, Lab 1 Pipes (12345), Lab 10 (12346), Final Score"
)]
fn a_column_that_is_not_clear_is_told(
    #[case] kind: Kind,
    #[case] sheet: &str,
    #[case] column: Option<&str>,
    #[case] why: &str,
) {
    let args = FillArgs { column: column.map(str::to_owned), ..args(kind) };
    assert_eq!(fill(sheet, &args, None).map(drop).unwrap_err(), why);
}

#[rstest]
#[case("Lab 10 (12346)")]
#[case("Lab 10")]
fn a_column_may_be_named_with_canvas_number_or_without(#[case] column: &str) {
    let args = FillArgs { column: Some(column.to_owned()), ..args(Kind::Canvas) };
    assert_eq!(fill(CANVAS, &args, None).unwrap().0, CANVAS.replace("\"S1, S2\",,3", "\"S1, S2\",,40"));
}
