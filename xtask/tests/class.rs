//! A class that is made, graded and compared with what is expected of it.

mod course_kit;

use std::fs;
use std::path::Path;

use course_kit::xtask;
use predicates::str::contains;

/// Every path below a folder, with its bytes.
fn all(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(&at).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                let name = entry.path().strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                // The index of a checkout holds the times and inodes of its files.
                if name.ends_with(".git/index") {
                    continue;
                }
                // A symbolic link has no bytes of its own.
                let is_file = entry.file_type().unwrap().is_file();
                found.push((name, if is_file { fs::read(entry.path()).unwrap() } else { Vec::new() }));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_class_of_twelve_is_graded_as_expected_and_another_grade_is_found() {
    let place = tempfile::tempdir().unwrap();
    let (class, grades) = (place.path().join("class"), place.path().join("grades"));
    let (dir, out) = (class.to_str().unwrap(), grades.to_str().unwrap());
    let made = ["class", dir, "--students", "12", "--lab", "01", "--plain"];
    xtask(&made).assert().success().stdout(contains("12 students, 12 works"));
    xtask(&["grade", dir, "--lab", "01", "--out", out]).assert().success();
    let newest = grades.join("latest");
    let compared = ["class", dir, "--graded", newest.to_str().unwrap()];
    xtask(&compared).assert().success().stdout("class: 12 of 12 as expected\n");
    let table = place.path().join("class.expected.csv");
    let wrong = fs::read_to_string(&table).unwrap().replacen(",01,100\n", ",01,7\n", 1);
    fs::write(&table, wrong).unwrap();
    let told = contains("100 points instead of 7\nclass: 11 of 12 as expected\n");
    xtask(&compared).assert().code(1).stdout(told);
    fs::write(&table, "student,lab,expected\nada,01,plenty\n").unwrap();
    xtask(&compared).assert().code(4).stderr(contains("line 2: `plenty` is no expectation"));
}

#[test]
fn the_same_seed_makes_the_same_class_and_another_seed_another() {
    let place = tempfile::tempdir().unwrap();
    let made = |name: &str, seed: &str| {
        let class = place.path().join(name);
        let args = ["class", class.to_str().unwrap(), "--students", "40", "--seed", seed];
        xtask(&args).assert().success();
        all(&class)
    };
    let first = made("one", "1");
    assert!(first == made("again", "1"), "the same seed made another class");
    assert!(first != made("other", "2"), "another seed made the same class");
    let again = place.path().join("one");
    xtask(&["class", again.to_str().unwrap()]).assert().code(4).stderr(contains("is not empty"));
}
