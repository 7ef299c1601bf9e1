//! Pure: the names that learning platforms give to what they export, and which of them belong to one student.
//!
//! A platform is recognised only if every name has its form, so that no student's own name is taken apart by mistake.

use std::collections::BTreeMap;

/// What somebody handed in, by the names of the files and folders in the export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    /// For people: as good a name as the export has.
    pub(super) name: String,
    /// What may stand for this student in a roster: ids, addresses, names.
    pub(super) keys: Vec<String>,
    /// What was handed in, the last version last; never nothing.
    pub(super) turns: Vec<Turn>,
}

/// One version of what somebody handed in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Turn {
    /// What it is called: the number of its version or, without one, the name in the export.
    pub(super) label: String,
    /// The names in the export.
    pub(super) parts: Vec<String>,
    /// Whether the platform says that it came late.
    pub(super) is_late: bool,
}

/// One name, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    name: String,
    /// The student, on this platform.
    id: String,
    /// 0: the platform does not number them.
    version: u64,
    is_late: bool,
    /// What the student called the file, without its ending, where the platform tells.
    file: String,
}

/// The students of an export, by name. `are_told_apart`: the versions of one file that Canvas renames are attempts.
#[must_use]
pub(super) fn people(names: &[String], are_told_apart: bool) -> Vec<Person> {
    let forms: [fn(&str) -> Option<Part>; 4] = [canvas, moodle, gradescope, autolab];
    let parsed =
        forms.iter().find_map(|form| names.iter().map(|name| form(name)).collect::<Option<Vec<_>>>());
    match parsed {
        Some(parts) if !names.is_empty() => {
            grouped(names, if are_told_apart { renamed(parts) } else { parts })
        }
        _ => as_given(names),
    }
}

/// Whether a file is no submission, but what a platform says about all of them.
#[must_use]
pub(super) fn is_metadata(name: &str) -> bool {
    matches!(name, super::gradescope::FILE | "roster.csv")
}

/// Names as people give them. A folder and an archive of one name are two submissions, perhaps the same one unpacked.
fn as_given(names: &[String]) -> Vec<Person> {
    let person = |name: &String| {
        let short = crate::intake::rules::without_ending(name);
        let short = short.strip_suffix(".git").unwrap_or(short);
        let is_taken = names.iter().any(|other| other == short && other != name);
        let shown = if is_taken { name.as_str() } else { short }.to_owned();
        let turn = Turn { label: shown.clone(), parts: vec![name.clone()], is_late: false };
        Person { keys: vec![shown.clone()], name: shown, turns: vec![turn] }
    };
    let mut people: Vec<Person> = names.iter().map(person).collect();
    people.sort_by(|one, other| one.name.cmp(&other.name));
    people
}

fn grouped(names: &[String], parts: Vec<Part>) -> Vec<Person> {
    let mut people: BTreeMap<String, (Person, BTreeMap<u64, Turn>)> = BTreeMap::new();
    for (name, part) in names.iter().zip(parts) {
        let keys = vec![part.id.clone(), part.name.clone()];
        let new = Person { keys, name: part.name, turns: Vec::new() };
        let (_, turns) = people.entry(part.id).or_insert((new, BTreeMap::new()));
        let turn = turns.entry(part.version).or_default();
        turn.label = if part.version == 0 { name.clone() } else { part.version.to_string() };
        turn.parts.push(name.clone());
        turn.is_late |= part.is_late;
    }
    let with_turns = |(person, turns): (Person, BTreeMap<u64, Turn>)| Person {
        turns: turns.into_values().collect(),
        ..person
    };
    let mut people: Vec<Person> = people.into_values().map(with_turns).collect();
    people.sort_by(|one, other| one.name.cmp(&other.name));
    for at in 0..people.len() {
        let is_double = |other: &Person| other.name == people[at].name;
        if people.iter().filter(|other| is_double(other)).count() > 1 {
            people[at].name = format!("{} {}", people[at].name, people[at].keys[0]);
        }
    }
    people
}

/// Canvas calls the second version of `lab01.zip` `lab01-1.zip`. A `lab-1.zip` without a `lab.zip` is what a student called it.
fn renamed(parts: Vec<Part>) -> Vec<Part> {
    let version = |part: &Part| {
        let (first, number) = part.file.rsplit_once('-')?;
        let is_there = parts.iter().any(|other| other.id == part.id && other.file == first);
        self::number(number).filter(|_| is_there)?.parse::<u64>().ok()?.checked_add(1)
    };
    let of = |part: &Part| if part.file.is_empty() { part.version } else { version(part).unwrap_or(1) };
    let versions: Vec<u64> = parts.iter().map(of).collect();
    parts.into_iter().zip(versions).map(|(part, version)| Part { version, ..part }).collect()
}

/// Canvas: `doejane_LATE_12345_67890_lab01.zip`: name, user, attempt, and the file as it was called.
fn canvas(name: &str) -> Option<Part> {
    let (who, rest) = name.split_once('_')?;
    let is_late = rest.starts_with("LATE_");
    let mut rest = rest.trim_start_matches("LATE_").splitn(3, '_');
    let (id, attempt, file) = (number(rest.next()?)?, number(rest.next()?)?, rest.next()?);
    let is_right = !who.is_empty() && !file.is_empty() && !attempt.is_empty();
    // Each file has a number of its own; they are no versions.
    let file = crate::intake::rules::without_ending(file).to_owned();
    is_right.then(|| Part { name: who.to_owned(), id: id.to_owned(), version: 0, is_late, file })
}

/// Moodle: `Jane Doe_1234567_assignsubmission_file_`, a folder, or the same before a file's name.
fn moodle(name: &str) -> Option<Part> {
    let (who, _) = name.split_once("_assignsubmission_")?;
    let (who, id) = who.rsplit_once('_')?;
    let id = number(id)?.to_owned();
    Some(Part { name: who.to_owned(), id, version: 0, is_late: false, file: String::new() })
}

/// Gradescope: `submission_123456789`, a folder; the names stand in a file beside it.
fn gradescope(name: &str) -> Option<Part> {
    let id = number(name.strip_prefix("submission_")?)?.to_owned();
    Some(Part { name: name.to_owned(), id, version: 0, is_late: false, file: String::new() })
}

/// Autolab: `jane@uni.edu_3_handin.tar`: address, version, file.
fn autolab(name: &str) -> Option<Part> {
    let at = name.find('@')?;
    let end = at + name[at..].find('_')?;
    let (version, _) = name[end + 1..].split_once('_')?;
    let who = name[..end].to_owned();
    let version = number(version)?.parse().ok()?;
    Some(Part { id: who.clone(), name: who, version, is_late: false, file: String::new() })
}

fn number(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn told(names: &[&str]) -> Vec<(String, Vec<String>)> {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let last = |mut person: Person| (person.name, person.turns.pop().unwrap_or_default().parts);
        people(&names, false).into_iter().map(last).collect()
    }

    #[rstest]
    #[case::canvas(
        &["doejane_12_345_lab01.zip", "doejane_12_346_lab02.zip", "roejohn_LATE_13_347_my_work.tar.gz"],
        &[("doejane", 2), ("roejohn", 1)]
    )]
    #[case::moodle(
        &["Jane Doe_17_assignsubmission_file_", "Max von Über_18_assignsubmission_file_lab 1.zip"],
        &[("Jane Doe", 1), ("Max von Über", 1)]
    )]
    #[case::gradescope(&["submission_123", "submission_124"], &[("submission_123", 1), ("submission_124", 1)])]
    #[case::autolab_keeps_the_last_version(
        &["a_b@uni.edu_1_handin.tar", "a_b@uni.edu_12_handin.tar", "c@uni.edu_2_handin.tar"],
        &[("a_b@uni.edu", 1), ("c@uni.edu", 1)]
    )]
    #[case::plain(&["alice", "Bob Müller.zip"], &[("Bob Müller", 1), ("alice", 1)])]
    #[case::not_all_have_the_form(&["doejane_12_345_lab01.zip", "alice"], &[("alice", 1), ("doejane_12_345_lab01", 1)])]
    #[case::two_of_one_name(&["doejane_12_345_a.zip", "doejane_13_346_a.zip"], &[("doejane 12", 1), ("doejane", 1)])]
    fn exports_are_recognised(#[case] names: &[&str], #[case] expected: &[(&str, usize)]) {
        let told: Vec<_> = told(names).into_iter().map(|(name, parts)| (name, parts.len())).collect();
        let told: Vec<(&str, usize)> = told.iter().map(|(name, parts)| (name.as_str(), *parts)).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn of_several_versions_the_last_one_is_taken() {
        let all = ["a@b.c_1_x.tar", "a@b.c_12_x.tar", "a@b.c_9_x.tar"];
        assert_eq!(told(&all), [("a@b.c".to_owned(), vec!["a@b.c_12_x.tar".to_owned()])]);
    }

    #[test]
    fn what_came_late_says_so() {
        let names = ["doejane_LATE_12_345_lab01.zip".to_owned()];
        let person = people(&names, false).remove(0);
        assert!(person.turns[0].is_late);
        assert_eq!(person.keys, ["12", "doejane"]);
    }

    #[rstest]
    #[case::autolab(&["a@b.c_1_x.tar", "a@b.c_12_x.tar", "a@b.c_9_x.tar"], &[("1", 1), ("9", 1), ("12", 1)])]
    #[case::canvas(
        &["doe_LATE_12_1_x.zip", "doe_12_2_x-1.zip", "doe_12_3_x-10.zip", "doe_12_4_y.zip"],
        &[("1", 2), ("2", 1), ("11", 1)]
    )]
    #[case::two_labs_are_no_versions(&["doe_12_1_lab-1.zip", "doe_12_2_lab-2.zip"], &[("1", 2)])]
    #[case::plain(&["alice.zip"], &[("alice", 1)])]
    fn versions_can_be_told_apart(#[case] names: &[&str], #[case] expected: &[(&str, usize)]) {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let person = people(&names, true).remove(0);
        let told: Vec<_> = person.turns.iter().map(|turn| (turn.label.as_str(), turn.parts.len())).collect();
        assert_eq!(told, expected);
    }
}
