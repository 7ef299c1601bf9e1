//! Who copied is found, whatever was done to the copy; who worked alone is not. The class is made from the solutions: the
//! reference and the alternative of a lab are two programs that share no design.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use grader::files::texts;
use grader::similar::class::{Author, Known, Pair, Sources, alike, pairs};
use grader::similar::{THRESHOLD, given};
use grader::workspace::{Lab, Workspace};
use rstest::rstest;

const LABS: [&str; 8] = ["01", "02", "03", "04", "05", "06", "07", "08"];

fn workspace() -> Workspace {
    Workspace { root: Path::new(env!("CARGO_MANIFEST_DIR")).join("..") }
}

/// The sources of a solution, or of another folder in it.
fn sources(folder: &Path) -> Sources {
    let texts = texts(&folder.join("src"), ".rs").expect("sources");
    texts.into_iter().map(|(path, text)| (format!("src/{path}"), text.into_bytes())).collect()
}

struct Course {
    known: Known,
    lab: Lab,
    reference: Sources,
    alternative: Sources,
}

fn course(lab: &str) -> Course {
    let workspace = workspace();
    let lab = workspace.lab(lab).expect("the lab");
    let solution: PathBuf = lab.solution.clone().expect("its solution");
    Course {
        known: given::known(&workspace, &lab).expect("what was given"),
        reference: sources(&solution),
        alternative: sources(&solution.join("alternative")),
        lab,
    }
}

/// The pairs of a class with these members.
fn compared(known: &Known, members: &[(&str, &Sources)]) -> Vec<([String; 2], Pair)> {
    let class: Vec<Author> =
        members.iter().map(|(name, sources)| Author::new(name, sources, known)).collect();
    let named = |pair: Pair| (pair.members.map(|member| class[member].name.clone()), pair);
    let read = |place: usize| Ok(Cow::Borrowed(members[place].1));
    let found = pairs(&class, known, &read).expect("the pairs");
    found.into_iter().map(named).collect()
}

/// The words that a copy must leave as they are.
const KEPT: &str = "self Self super crate true false match while loop return break continue impl trait enum struct \
                    const static move where async await unsafe pub(crate) else extern type";

/// A text with each of its words changed by `change`.
fn words(text: &str, change: impl Fn(&str) -> Option<String>) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| is_word(c) != is_word(first)).unwrap_or(rest.len());
        let (piece, behind) = rest.split_at(end);
        out.push_str(&change(piece).unwrap_or_else(|| piece.to_owned()));
        rest = behind;
    }
    out
}

/// Every longer name is another one, as are the words in texts and comments.
fn renamed(text: &str) -> String {
    words(text, |word| {
        let is_name = word.starts_with(|c: char| c.is_alphabetic() || c == '_') && word.len() > 3;
        let other = || format!("{}x{}", &word[..1], word.len() * 7 + usize::from(word.as_bytes()[1]));
        (is_name && !KEPT.split_whitespace().any(|kept| kept == word)).then(other)
    })
}

/// Every number is another one.
fn other_numbers(text: &str) -> String {
    words(text, |word| {
        let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
        (is_number && !word.is_empty()).then(|| format!("{word}1"))
    })
}

/// The functions and other items of a source; methods, too.
fn items(text: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    for line in text.split_inclusive('\n') {
        items.last_mut().expect("one").push_str(line);
        if matches!(line.trim_end(), "}" | "    }") {
            items.push(String::new());
        }
    }
    items
}

fn reordered(text: &str) -> String {
    items(text).into_iter().rev().collect()
}

fn commented(text: &str) -> String {
    let comment = |line: &str| match line.contains(['"', '\\']) {
        true => format!("{line}\n"),
        false => format!("/* step /* by */ step */ {line} // this is mine\n"),
    };
    text.lines().map(comment).collect()
}

fn formatted(text: &str) -> String {
    let formatted = |line: &str| match line.contains(['"', '\'']) || line.contains("//") {
        true => line.to_owned(),
        false => line.replace("    ", "\t").replace(" {\n", "\n{\n").replace(", ", ",\n").replace(')', " )"),
    };
    text.split_inclusive('\n').map(formatted).collect()
}

fn made_public(text: &str) -> String {
    let text = text.replace("pub(crate) ", "").replace("fn ", "#[inline]\npub fn ").replace("let ", "let\n");
    words(&text, |word| word.starts_with("Fail").then(|| format!("crate::other::place::{word}")))
}

fn each(sources: &Sources, change: fn(&str) -> String) -> Sources {
    let changed = |source: &Vec<u8>| change(&String::from_utf8_lossy(source)).into_bytes();
    sources.iter().map(|(path, source)| (path.clone(), changed(source))).collect()
}

/// Every item stands in a file of its own.
fn split(sources: &Sources) -> Sources {
    let all = sources.values().flat_map(|source| items(&String::from_utf8_lossy(source)));
    let file = |(number, item): (usize, String)| {
        (format!("src/part/p{number}.rs"), format!("use super::*;\n{item}").into_bytes())
    };
    all.enumerate().map(file).collect()
}

/// All is in one file, the last first.
fn in_one_file(sources: &Sources) -> Sources {
    let text: Vec<u8> = sources.values().rev().flatten().copied().collect();
    Sources::from([("src/lib.rs".to_owned(), text)])
}

/// All of it at once.
fn disguised(sources: &Sources) -> Sources {
    [renamed, other_numbers, commented, formatted, made_public]
        .into_iter()
        .fold(in_one_file(&each(sources, reordered)), |sources, change| each(&sources, change))
}

#[rstest]
#[case::as_it_is(Sources::clone, [100, 100])]
#[case::renamed(|work: &Sources| each(work, renamed), [98, 98])]
#[case::other_numbers(|work: &Sources| each(work, other_numbers), [98, 98])]
#[case::commented(|work: &Sources| each(work, commented), [98, 98])]
#[case::formatted(|work: &Sources| each(work, formatted), [98, 98])]
#[case::made_public(|work: &Sources| each(work, made_public), [95, 95])]
#[case::reordered(|work: &Sources| each(work, reordered), [70, 50])]
#[case::split(split, [90, 60])]
#[case::in_one_file(in_one_file, [95, 85])]
#[case::disguised(disguised, [60, 33])]
fn a_copy_is_found_and_nobody_else(#[case] copy: fn(&Sources) -> Sources, #[case] least: [u32; 2]) {
    for lab in LABS {
        let course = course(lab);
        let copied = copy(&course.reference);
        let class = [("alice", &course.reference), ("bob", &course.alternative), ("carol", &copied)];
        let found = compared(&course.known, &class);
        let told: Vec<_> = found.iter().map(|(names, pair)| (names, pair.percent)).collect();
        let [(names, pair)] = found.as_slice() else { panic!("lab {lab}: {told:?}") };
        assert!(names.contains(&"alice".to_owned()) && names.contains(&"carol".to_owned()), "{names:?}");
        let is_enough = (0..2).all(|side| pair.percent[side] >= least[side]);
        assert!(is_enough, "lab {lab}: {told:?}, at least {least:?} is expected");
        assert!(pair.longest() > Some(10), "lab {lab}: {:?}", pair.matches.first());
    }
}

/// Measured: 8 % at most. A pair is shown from 25 % on.
const MOST_OF_INDEPENDENT: u32 = 12;

#[test]
fn who_worked_alone_is_not_found() {
    const { assert!(MOST_OF_INDEPENDENT * 2 < THRESHOLD) };
    let courses = LABS.map(course);
    let (mut class, mut works) = (Vec::new(), Vec::new());
    for course in &courses {
        let id = &course.lab.manifest.id;
        class.push(Author::new(&format!("reference {id}"), &course.reference, &course.known));
        class.push(Author::new(&format!("alternative {id}"), &course.alternative, &course.known));
        works.extend([&course.reference, &course.alternative]);
    }
    for (place, one) in class.iter().enumerate() {
        assert!(one.own() > 500, "{} has only {} fingerprints", one.name, one.own());
        // Programs of different labs, too: they have one author and one style. What lab 01 gives is no secret in lab 02,
        // so there only what each lab gives by itself is taken away.
        for other in &class[place + 1..] {
            let percent = alike(one, other);
            let is_low = percent.iter().all(|percent| *percent <= MOST_OF_INDEPENDENT);
            assert!(is_low, "{} and {}: {percent:?}", one.name, other.name);
        }
    }
    let read = |place: usize| Ok(Cow::Borrowed(works[place]));
    assert_eq!(pairs(&class, &courses[0].known, &read).expect("the pairs"), []);
}

#[test]
fn what_was_given_counts_for_nobody() {
    for lab in LABS {
        let course = course(lab);
        let starter = given::starter(&course.lab).expect("the starter");
        let lecture = sources(&workspace().root.join("crates").join(&course.lab.manifest.lecture));
        let kit = sources(&workspace().root.join("crates/ipc-kit"));
        let both: Sources =
            starter.iter().map(|(path, text)| (path.clone(), text.clone())).chain(lecture).collect();
        for (work, least) in [(&starter, 0), (&both, 0), (&kit, 0)] {
            assert_eq!(Author::new("alice", work, &course.known).own(), least, "lab {lab}");
        }
        assert_eq!(compared(&course.known, &[("alice", &starter), ("bob", &starter), ("carol", &both)]), []);
    }
}

#[test]
fn a_short_work_gives_no_false_alarm() {
    for lab in LABS {
        let course = course(lab);
        let starter = given::starter(&course.lab).expect("the starter");
        // A student who has written one file only.
        for (path, text) in &course.reference {
            let mut work = starter.clone();
            work.insert(path.clone(), text.clone());
            let found = compared(&course.known, &[(path, &work), ("alternative", &course.alternative)]);
            assert_eq!(found, [], "lab {lab}");
        }
    }
}

#[rstest]
#[case("02", "src/stream.rs")]
#[case("03", "src/server.rs")]
#[case("04", "src/run.rs")]
fn one_module_that_was_taken_is_found_in_a_work_of_ones_own(#[case] lab: &str, #[case] module: &str) {
    let course = course(lab);
    let mut mixed = course.alternative.clone();
    let taken = renamed(&String::from_utf8_lossy(&course.reference[module]));
    // With a line of bob's own in its middle.
    let middle = taken.len() / 2 + taken[taken.len() / 2..].find(";\n").expect("a statement");
    let taken = format!("{};\nlet mine = vec![1, 2, 3]{}", &taken[..middle], &taken[middle..]);
    mixed.insert("src/mine.rs".to_owned(), taken.into_bytes());
    let found = compared(&course.known, &[("alice", &course.reference), ("bob", &mixed)]);
    let [(_, pair)] = found.as_slice() else { panic!("lab {lab}: {found:?}") };
    let longest = &pair.matches[0];
    let alice = pair.members.iter().position(|member| *member == 0).expect("alice");
    assert_eq!(longest.sides[alice].path, module);
    assert_eq!(longest.sides[1 - alice].path, "src/mine.rs");
}
