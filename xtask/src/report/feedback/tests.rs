//! Sheets of a small and hostile class.

use super::*;
use crate::report::formats::tests_class;
use crate::score::{Results, sample};
use sandbox::protocol::Verdict;

/// The files of the class in two labs, after a change of the first.
fn written(change: impl Fn(&mut crate::score::LabResults)) -> BTreeMap<String, String> {
    let (mut first, mut second) = (tests_class(), tests_class());
    change(&mut first);
    second.head.lab = "02".into();
    second.members.truncate(1);
    of(&Results::new(sample::run(), vec![first, second]))
}

fn of(results: &Results) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    let mut add = |path: &str, bytes: &[u8]| {
        texts.insert(path.to_owned(), String::from_utf8(bytes.to_vec()).unwrap());
    };
    files(&results.as_students_see(), &course::sample(), &mut add).unwrap();
    texts
}

#[test]
fn each_student_has_a_folder_of_a_safe_name_and_the_list_says_whose_it_is() {
    let files = written(|_| {});
    let folders: Vec<&str> = files.keys().filter_map(|path| path.strip_suffix("/index.html")).collect();
    assert_eq!(
        folders,
        ["students/_Bob___the___Müller____", "students/alice", "students/carol", "students/dave"]
    );
    assert!(folders.iter().all(|folder| files.contains_key(&format!("{folder}/feedback.md"))));
    assert!(files[INDEX].starts_with("member,folder\nalice,students/alice\n\"'=Bob, "), "{}", files[INDEX]);
}

#[test]
fn a_sheet_has_no_name_of_another_student() {
    for (path, text) in written(|_| {}).iter().filter(|(path, _)| *path != INDEX) {
        let own = ["alice", "Bob", "carol", "dave"].map(|name| (name, path.contains(name)));
        for (name, is_own) in own {
            assert_eq!(text.contains(name), is_own, "{name} in {path}");
        }
    }
}

#[test]
fn a_failure_has_its_text_and_what_to_type() {
    let files = written(|_| {});
    for path in ["students/alice/index.html", "students/alice/feedback.md"] {
        let text = &files[path];
        for part in [
            "hang: it ends",
            "m1.2",
            "cargo xtask check 01 m1_one::it_ends --seed 7",
            "cargo xtask explain 01 m1_one::it_ends",
            "cargo xtask hint 01 m1",
            "Lab 02",
        ] {
            assert!(text.contains(part), "{part} is not in {path}:\n{text}");
        }
    }
}

#[test]
fn the_hint_is_the_first_one_of_the_first_milestone_that_fails() {
    let only_m2 = |lab: &mut crate::score::LabResults| {
        lab.members[0].checks[1].verdict = Verdict::Pass;
    };
    let files = written(only_m2);
    let page = &files["students/alice/index.html"];
    assert!(page.contains("Which of the <em>two</em> calls <code>close</code>? &lt;b&gt;"), "{page}");
    assert!(files["students/alice/feedback.md"].contains("> **Hint 1.** Which of the *two*"));
    // Of m1 no hint is known here, and one of m2 would come too early.
    assert!(!written(|_| {})["students/alice/index.html"].contains("Hint 1"));
}

#[test]
fn what_the_grader_says_of_itself_is_not_told_and_costs_nothing() {
    let files = written(|lab| lab.members[3].checks[2].text = "make the sandbox: secret".into());
    for path in ["students/dave/index.html", "students/dave/feedback.md"] {
        let text = &files[path];
        assert!(text.contains("40+40?") && text.contains("it costs you nothing"), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
}

#[test]
fn a_lab_of_which_nothing_was_handed_in_is_told_so() {
    assert!(written(|_| {})["students/carol/index.html"].contains("Nothing was handed in."));
}

#[test]
fn hostile_texts_are_data_and_long_ones_are_cut() {
    let hostile = |lab: &mut crate::score::LabResults| {
        let member = &mut lab.members[0];
        member.entry.notes = vec!["<script>x</script> [a](http://x) \u{202e}".into()];
        member.checks[1].text = "</pre><script>y</script>\n````\n# no heading \u{1b}[2J\u{202e}".into();
        member.checks[2].text = "x".repeat(10 << 20);
        member.checks[1].detail = format!("at /srv/course/x\n{}", "y\n".repeat(5 << 20));
    };
    let files = written(hostile);
    let (page, text) = (&files["students/alice/index.html"], &files["students/alice/feedback.md"]);
    for form in [page, text] {
        assert!(form.len() < 100_000 && form.contains("[cut]"), "{}", form.len());
        assert!(!form.contains(['\u{1b}', '\u{202e}']) && !form.contains("/srv/course"));
    }
    assert!(!page.contains("<script") && !page.contains("src="));
    assert!(text.contains("\\<script\\>x") && text.contains("\\[a\\]"), "{text}");
    assert!(text.contains("`````text\n"), "the fence is longer than any in the text");
}

#[test]
fn headings_come_in_order_and_each_id_once() {
    let files = written(|_| {});
    for (path, page) in files.iter().filter(|(path, _)| path.ends_with(".html")) {
        let levels =
            page.match_indices("<h").filter_map(|(at, _)| page[at + 2..].chars().next()?.to_digit(10));
        let levels: Vec<u32> = levels.collect();
        assert!(levels[0] == 1 && levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{path}: {levels:?}");
        let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let set: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), set.len(), "{path}: {ids:?}");
        for link in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(set.contains(link), "{path}: {link}");
        }
    }
}

mod policy;
