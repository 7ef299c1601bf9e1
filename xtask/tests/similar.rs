//! The report of similar code, from outside: what a teacher gives and gets.

mod course_kit;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use course_kit::{Class, RIGHT, xtask};
use predicates::prelude::PredicateBooleanExt as _;
use predicates::str::contains;

/// A right answer with thirty functions that nobody else has; with other names, it is the same.
fn work(seed: u64, name: &str) -> String {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut sign = || ["+", "-", "*", "/", "%", "|", "^"][random.usize(..7)];
    let mut text = format!("{RIGHT}\n");
    for number in 0..30 {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "\n/// {name} wrote this.\n#[allow(dead_code)]\nfn {name}_{number}(mut {name}: u8) -> u8 {{\n"
        );
        for _ in 0..4 {
            let signs = [(); 5].map(|()| sign());
            let [a, b, c, d, e] = signs;
            let _ = writeln!(text, "    {name} = (({name} {a} 3) {b} ({name} {c} 1)) {d} ({name} {e} 2);");
        }
        let _ = write!(text, "    {name}\n}}\n");
    }
    text
}

fn class() -> Class {
    let class = Class::new();
    class
        .file("alice/src/lib.rs", &work(1, "sum"))
        .file("bob/src/lib.rs", &work(1, "total").replace("    ", "\t"))
        .file("bob/Cargo.toml", "not taken")
        .file("carol o'neil/src/lib.rs", &work(2, "sum"))
        .file("dave/src/lib.rs", RIGHT)
        .file("erin/src/lib.rs", RIGHT);
    class
}

/// The arguments that compare lab 01 of a class.
fn args<'a>(class: &'a Class, more: &[&'a str]) -> Vec<&'a str> {
    let (folder, out) = (class.folder.path().to_str().unwrap(), class.out.path().to_str().unwrap());
    [&["similar", folder, "--lab", "01", "--out", out], more].concat()
}

fn read(class: &Class, name: &str) -> String {
    fs::read_to_string(class.out.path().join(name)).unwrap()
}

const ROWS: &str = "lab,member,other,percent,percent_other,longest_match_lines\n01,alice,bob,100,100,";

#[test]
fn the_copy_is_told_and_the_short_and_the_independent_are_not() {
    let class = class();
    let told = contains("similar code: 1 pair: ").and(contains("similar.html"));
    xtask(&args(&class, &[])).assert().success().stdout(told).stderr("");
    let rows = read(&class, "similar.csv");
    assert!(rows.starts_with(ROWS) && rows.lines().count() == 2, "{rows}");
    let page = read(&class, "similar.html");
    for part in
        ["5 members (2 with too little own code to be compared); 1 pair is alike.", "sum_2", "total_2"]
    {
        assert!(page.contains(part), "{part} is missing in {page}");
    }
    assert!(!page.contains("report.html"), "there is none");
    xtask(&args(&class, &[])).assert().success();
    assert!(read(&class, "similar.html") == page && read(&class, "similar.csv") == rows);
}

/// The files below a folder.
fn files(folder: &Path) -> BTreeSet<String> {
    grader::files::texts(folder, "").unwrap().into_keys().collect()
}

#[test]
fn jplag_gets_a_folder_for_each_student_and_the_starter() {
    let class = class();
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("for jplag");
    let dir = dir.to_str().unwrap();
    let command = format!(
        "java -jar jplag.jar -l rust -bc '{dir}/01-hello/base' -r '{dir}/01-hello/result' '{dir}/01-hello/submissions'\n"
    );
    xtask(&args(&class, &["--jplag", dir])).assert().success().stdout(contains(command));
    let students = ["alice", "bob", "carol o'neil", "dave", "erin"];
    let taken = students.map(|name| format!("01-hello/submissions/{name}/src/lib.rs"));
    let base = ["lib", "main"].map(|name| format!("01-hello/base/src/{name}.rs"));
    assert_eq!(files(Path::new(dir)), taken.into_iter().chain(base).collect());
    // Never over something else.
    let again = xtask(&args(&class, &["--jplag", dir])).assert().code(4);
    again.stderr(contains("it is there already, and not empty"));
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn grade_writes_it_beside_the_grades_and_report_keeps_the_way_to_it() {
    let class = class();
    xtask(&class.args(&[])).assert().success().stdout(contains("similar code: 1 pair: "));
    let latest = |name: &str| String::from_utf8(class.read(name)).unwrap();
    assert!(latest("similar.csv").starts_with(ROWS));
    assert!(latest("similar.html").contains("<a href=\"report.html\">Grades</a>"));
    let link = "<a href=\"similar.html\">Similar code</a>";
    assert!(latest("report.html").contains(link));
    fs::remove_file(class.out.path().join("latest/report.html")).unwrap();
    xtask(&["report", class.out.path().to_str().unwrap()]).assert().success();
    assert!(latest("report.html").contains(link));
}

#[test]
fn a_part_of_a_class_is_not_compared_and_the_whole_can_be() {
    let class = class();
    xtask(&class.args(&["--shard", "1/2", "--seed", "1"])).assert().success();
    let latest = class.out.path().join("latest");
    assert!(!latest.join("similar.html").exists());
    let folder = class.folder.path().to_str().unwrap();
    xtask(&["similar", folder, "--lab", "01", "--out", latest.to_str().unwrap()]).assert().success();
    xtask(&["report", class.out.path().to_str().unwrap()]).assert().success();
    let page = String::from_utf8(class.read("report.html")).unwrap();
    assert!(page.contains("<a href=\"similar.html\">"));
}

#[test]
fn what_cannot_be_compared_is_said_in_one_line() {
    let class = Class::new();
    let empty = class.folder.path().to_str().unwrap();
    let full = self::class();
    let folder = full.folder.path().to_str().unwrap();
    let cases = [
        (vec!["similar", "no/such/folder"], 4, "no/such/folder"),
        (vec!["similar", empty], 4, "no submission is here"),
        (vec!["similar", empty, "--lab", "77"], 2, "there is no lab `77`"),
        (vec!["similar", folder, "--lab", "01", "--out", "/proc/no"], 4, "write /proc/no/similar.html: "),
        (
            vec!["similar", folder, "--lab", "01", "--jplag", "/proc/no"],
            4,
            "write the folders for JPlag to /proc/no: ",
        ),
    ];
    for (args, code, text) in cases {
        let done = xtask(&args).assert().code(code).stderr(contains(text).and(contains("error: ")));
        let told = String::from_utf8(done.get_output().stderr.clone()).unwrap();
        assert_eq!(told.lines().count(), 1, "{told}");
    }
}

#[test]
fn who_is_left_out_is_named() {
    let class = class();
    class.file("frank/src/lib.rs", &"x".repeat(300 * 1024));
    class.file("grace.zip", "no archive");
    let told = contains("lab 01: frank is not compared: ").and(contains("lab 01: grace is not compared: "));
    xtask(&args(&class, &[])).assert().stderr(told);
}
