//! Grading several labs in one run, from outside.

mod course_kit;

use std::fs;

use course_kit::{Class, RIGHT, RIGHT_PAIR, member, root, xtask};
use predicates::str::contains;

#[test]
fn the_sample_class_of_every_lab_is_graded_as_expected() {
    let class = Class::new();
    let out = class.out.path().to_str().unwrap();
    let done = xtask(&["grade", "--fresh", "--out", out]).assert().success();
    let printed = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    let places =
        ["lab 01: Hello\n", "lab 01: 4 of 4 as expected\n\nlab 02: Pair\n", "lab 02: 5 of 5 as expected\n"];
    let places =
        places.map(|line| printed.find(line).unwrap_or_else(|| panic!("{line} is not in {printed}")));
    assert!(places.is_sorted());
    let last: Vec<&str> = printed.lines().rev().take(3).collect();
    assert!(last[0].starts_with("report: ") && last[0].ends_with("report.html"), "{last:?}");
    assert!(last[1].starts_with("sandbox: "), "{last:?}");
    assert_eq!(last[2], "sample class: 9 of 9 as expected in 2 labs");
    let read = |name: &str| String::from_utf8(class.read(name)).unwrap();
    assert_eq!(
        read("gradebook.csv"),
        "member,total,lab 01,lab 02\nreference,200,100,100\nstarter,0,0,0\nalternative,200,100,100\n\
         mutant never_copies,60,60,-\nmutant adds_nothing,50,-,50\nmutant counts_from_zero,50,-,50\n"
    );
    assert!(
        read("milestones.csv").contains("\nmutant never_copies,60,0,-,-\n"),
        "{}",
        read("milestones.csv")
    );
    assert!(read("report.html").contains("<a href=\"lab-02.html#s3\">50</a>"));
    assert!(read("lab-01.html").contains("mutant never_copies"));
    let results = class.results();
    assert_eq!((results.run.schema.as_str(), results.labs.len()), ("ipc-labs/results/v2", 2));
}

#[test]
fn one_lab_of_the_sample_class_is_one_page() {
    let class = Class::new();
    let out = class.out.path().to_str().unwrap();
    // Named twice, graded once.
    let done = xtask(&["grade", "--fresh", "--lab", "2", "--lab", "pair", "--out", out]).assert().success();
    let printed = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    assert!(
        printed.contains("\nsample class: 5 of 5 as expected\n") && !printed.contains("lab 01"),
        "{printed}"
    );
    assert!(String::from_utf8(class.read("report.html")).unwrap().contains("mutant adds_nothing"));
    assert!(!class.out.path().join("latest/lab-02.html").exists());
}

#[test]
fn each_lab_that_was_handed_in_is_graded_and_a_missing_one_is_no_error() {
    let class = Class::new();
    let given = fs::read_to_string(root().join("labs/02-pair/src/lib.rs")).unwrap();
    class
        .file("alice/labs/01-hello/src/lib.rs", RIGHT)
        .file("alice/labs/02-pair/src/lib.rs", RIGHT_PAIR)
        // A whole checkout in which lab 02 was not begun.
        .file("bob/course/labs/01-hello/src/lib.rs", RIGHT)
        .file("bob/course/labs/02-pair/src/lib.rs", &given)
        // What `submit` packs, in a folder that was renamed.
        .file("carol/second try/src/lib.rs", RIGHT_PAIR)
        .file(
            "carol/second try/SUBMISSION.json",
            "{\"format\":\"ipc-labs/submission/v1\",\"lab\":\"02-pair\"}",
        )
        .file("dave/essay.txt", "sorry");
    xtask(&class.args_of_course(&[])).assert().success();
    let results = class.results();
    let told = |lab: usize, name: &str| {
        let member = results.labs[lab].members.iter().find(|member| member.entry.name == name).unwrap();
        (member.total, member.summary.as_str())
    };
    assert_eq!(told(0, "alice"), (100, "3 of 3 checks passed."));
    assert_eq!(told(1, "alice"), (100, "2 of 2 checks passed."));
    assert_eq!(told(0, "bob").0, 100);
    assert_eq!(told(1, "bob"), (0, "Nothing handed in: every file of 02-pair is as it was given."));
    assert_eq!(told(0, "carol"), (0, "Nothing handed in: no editable file of 01-hello was found."));
    assert_eq!(told(1, "carol").0, 100);
    let gradebook = String::from_utf8(class.read("gradebook.csv")).unwrap();
    assert_eq!(
        gradebook,
        "member,total,lab 01,lab 02\nalice,200,100,100\nbob,100,100,-\ncarol,100,-,100\ndave,-,-,-\n"
    );
    assert!(results.complete);
}

#[test]
fn only_labs_of_which_something_was_handed_in_are_graded() {
    let class = Class::new();
    class.file("alice/02-pair/src/lib.rs", RIGHT_PAIR).file("bob/src/notes.txt", "");
    let printed = xtask(&class.args_of_course(&[])).assert().success();
    let printed = String::from_utf8(printed.get_output().stdout.clone()).unwrap();
    assert!(
        printed.contains("lab 02: 2 members; 1 handed nothing in; mean 100.0, median 100")
            && !printed.contains("lab 01")
    );
    // One that is named is graded in any case.
    let printed = xtask(&class.args(&[])).assert().success();
    let printed = String::from_utf8(printed.get_output().stdout.clone()).unwrap();
    assert!(printed.contains("lab 01: 2 members; 2 handed nothing in.\n"), "{printed}");
}

#[test]
fn files_that_do_not_say_of_which_lab_they_are_cost_nothing_and_are_told() {
    let class = Class::new();
    class.file("alice/labs/01-hello/src/lib.rs", RIGHT).file("bob/src/lib.rs", RIGHT);
    let told =
        "1 submission has no grade yet: bob: its files do not say of which lab they are; name it with --lab";
    xtask(&class.args_of_course(&[])).assert().code(4).stderr(contains(told));
    let results = class.results();
    let bob = member(&results, "bob");
    assert_eq!((bob.total, bob.undecided), (0, 100));
    assert_eq!(
        bob.summary,
        "Not graded: its files do not say of which lab they are; name it with --lab, or put them into a folder labs/NN-topic."
    );
    assert!(!results.complete && results.labs.len() == 1);
    let gradebook = String::from_utf8(class.read("gradebook.csv")).unwrap();
    assert_eq!(gradebook, "member,total,lab 01\nalice,100,100\nbob,,\n");
    // With one lab it is clear.
    let results = class.graded(&[]);
    assert_eq!(member(&results, "bob").total, 100);
    // Where nobody says it, nothing is graded.
    let class = Class::new();
    class.file("bob/src/lib.rs", RIGHT);
    xtask(&class.args_of_course(&[])).assert().code(4).stderr(contains(told));
    assert!(fs::read_dir(class.out.path()).unwrap().next().is_none());
}

#[test]
fn a_lab_that_is_broken_is_told_and_the_others_are_graded() {
    let place = tempfile::tempdir().unwrap();
    let copied = std::process::Command::new("cp").arg("-r").arg(root()).arg(place.path()).status();
    assert!(copied.unwrap().success());
    let course = place.path().join(root().file_name().unwrap());
    let points = course.join("labs/01-hello/lab.toml");
    let text = fs::read_to_string(&points).unwrap();
    fs::write(&points, text.replace("it_says_hello", "it_says_more")).unwrap();
    let class = Class::new();
    let out = class.out.path().to_str().unwrap();
    let mut command = xtask(&["grade", "--fresh", "--out", out]);
    let told = "error: lab 01: labs/01-hello/lab.toml: the check m1_say::it_says_hello has no points";
    command.current_dir(&course).assert().code(4).stderr(contains(told)).stdout(contains("lab 02: 5 of 5"));
    let results = class.results();
    assert!(results.labs[0].members.iter().all(|member| (member.total, member.undecided) == (0, 100)));
    assert!(results.labs[1].complete && !results.complete);
}

#[test]
fn the_report_of_several_labs_is_made_from_their_journals_and_tells_of_a_lab_that_was_not_begun() {
    let class = Class::new();
    class
        .file("alice/labs/01-hello/src/lib.rs", RIGHT)
        .file("alice/labs/02-pair/src/lib.rs", RIGHT_PAIR)
        .file("bob/01-hello/src/lib.rs", RIGHT);
    xtask(&class.args_of_course(&[])).assert().success();
    let files =
        ["results.json", "gradebook.csv", "milestones.csv", "report.html", "lab-01.html", "lab-02.html"];
    let before = files.map(|name| class.read(name));
    for name in files {
        fs::remove_file(class.out.path().join("latest").join(name)).unwrap();
    }
    let out = class.out.path().to_str().unwrap();
    xtask(&["report", out]).assert().success().stdout(contains("graded: 2 students in 2 labs"));
    assert!(files.map(|name| class.read(name)) == before);
    // The run was killed in lab 01: of lab 02 there is the plan only.
    let journal = class.out.path().join("latest/journal-02.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, text.lines().next().unwrap().to_owned() + "\n").unwrap();
    xtask(&["report", out]).assert().success().stdout(contains("lab 02: 2 members; 1 handed nothing in;"));
    let gradebook = String::from_utf8(class.read("gradebook.csv")).unwrap();
    assert_eq!(gradebook, "member,total,lab 01,lab 02\nalice,,100,\nbob,100,100,-\n");
}

#[test]
fn archives_are_graded_as_they_are_handed_in() {
    let class = Class::new();
    class
        .file("alice/02-pair/src/lib.rs", RIGHT_PAIR)
        // As learning platforms export: a folder for each student, with what was uploaded.
        .zip(
            "Bob Müller/my work.zip",
            &[("labs/02-pair/src/lib.rs", RIGHT_PAIR), ("labs/02-pair/target/x", "1")],
        )
        .zip("carol.zip", &[("labs/01-hello/src/lib.rs", RIGHT), ("labs/02-pair/src/lib.rs", RIGHT_PAIR)])
        .tar_gz("dave.tar.gz", &[("02-pair/src/lib.rs", RIGHT_PAIR)])
        .zip("erin/lab01.zip", &[("01-hello/src/lib.rs", RIGHT)])
        .tar_gz("erin/lab02.tgz", &[("02-pair/src/lib.rs", RIGHT_PAIR)]);
    xtask(&class.args_of_course(&[])).assert().success();
    let gradebook = String::from_utf8(class.read("gradebook.csv")).unwrap();
    assert_eq!(
        gradebook,
        "member,total,lab 01,lab 02\nBob Müller,100,-,100\nalice,100,-,100\ncarol,200,100,100\ndave,100,-,100\nerin,200,100,100\n"
    );
    let notes = |name: &str| {
        let results = class.results();
        results.labs[1].members.iter().find(|member| member.entry.name == name).unwrap().entry.notes.clone()
    };
    assert_eq!(notes("Bob Müller"), ["target/ ignored: the grader builds afresh"]);
    assert!(notes("erin").is_empty());
}

#[test]
fn an_archive_that_cannot_be_used_costs_nothing_and_is_told() {
    let class = Class::new();
    class
        .file("alice/02-pair/src/lib.rs", RIGHT_PAIR)
        .file("bob/lab02-1a2b3c4d.zip", "PK")
        .tar_gz("dave.tar.gz", &[("02-pair/src/lib.rs", RIGHT_PAIR), ("02-pair/src/lib.rs", "twice")])
        .file("carol.tgz", "");
    for args in [class.args_of_course(&[]), class.args_of_course(&["--lab", "02"])] {
        let told = "error: 3 submissions have no grade yet: \
             bob: lab02-1a2b3c4d.zip cannot be used: it is no ZIP, tar, tar.gz or tar.zst archive; \
             carol: the archive cannot be used: it is no ZIP, tar, tar.gz or tar.zst archive; \
             dave: the archive cannot be used: 02-pair/src/lib.rs is in it twice\n";
        xtask(&args).assert().code(4).stderr(contains(told));
        for name in ["bob", "carol", "dave"] {
            let member = member(&class.results(), name).clone();
            assert_eq!((member.total, member.undecided), (0, 100), "{name}");
        }
    }
}

#[test]
fn an_export_of_a_platform_is_graded_under_the_names_of_the_roster() {
    let class = Class::new();
    class
        .zip("doejane_101_7001_lab one.zip", &[("01-hello/src/lib.rs", RIGHT)])
        .tar_gz("doejane_101_7002_lab02.tar.gz", &[("02-pair/src/lib.rs", RIGHT_PAIR)])
        .zip("müllerbob_LATE_102_7003_x.zip", &[("02-pair/src/lib.rs", RIGHT_PAIR)])
        .zip("stranger_999_7004_x.zip", &[("02-pair/src/lib.rs", RIGHT_PAIR)]);
    let rosters = tempfile::tempdir().unwrap();
    let roster = rosters.path().join("canvas.csv");
    let list = "Student,ID,SIS Login ID\nPoints Possible,,\n\"Doe, Jane\",101,jdoe\n\"Müller, Bob\",102,bob\n\"Roe, Ann\",103,ann\n";
    fs::write(&roster, list).unwrap();
    let args = class.args_of_course(&["--roster", roster.to_str().unwrap()]);
    xtask(&args).assert().success();
    let gradebook = String::from_utf8(class.read("gradebook.csv")).unwrap();
    assert_eq!(
        gradebook,
        "member,total,lab 01,lab 02\n\"Doe, Jane\",200,100,100\n\"Müller, Bob\",100,-,100\n\"Roe, Ann\",-,-,-\nstranger,100,-,100\n"
    );
    let results = class.results();
    assert_eq!(results.run.notes, ["stranger is not in the roster"]);
    let bob = results.labs[1].members.iter().find(|member| member.entry.name == "Müller, Bob").unwrap();
    assert_eq!(bob.entry.notes, ["handed in late, as the platform says"]);
    fs::write(&roster, "Student,ID\n").unwrap();
    let why = format!("error: read the roster {}: nobody is in the list\n", roster.display());
    xtask(&args).assert().code(4).stderr(why);
}
