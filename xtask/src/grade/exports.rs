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
    /// Of several versions only the last one counts.
    version: u64,
    is_late: bool,
}

/// The students of an export, by name.
#[must_use]
pub(super) fn people(names: &[String]) -> Vec<Person> {
    let forms: [fn(&str) -> Option<Part>; 4] = [canvas, moodle, gradescope, autolab];
    let parsed =
        forms.iter().find_map(|form| names.iter().map(|name| form(name)).collect::<Option<Vec<_>>>());
    match parsed {
        Some(parts) if !names.is_empty() => grouped(names, parts),
        _ => as_given(names),
    }
}

/// Whether a file is no submission, but what a platform says about all of them.
#[must_use]
pub(super) fn is_metadata(name: &str) -> bool {
    matches!(name, "submission_metadata.yml" | "roster.csv")
}

/// Names as people give them. A folder and an archive of one name are two submissions, perhaps the same one unpacked.
fn as_given(names: &[String]) -> Vec<Person> {
    let person = |name: &String| {
        let short = crate::intake::rules::without_ending(name);
        let short = short.strip_suffix(".git").unwrap_or(short);
        let is_taken = names.iter().any(|other| other == short && other != name);
        let shown = if is_taken { name.as_str() } else { short }.to_owned();
        Person { keys: vec![shown.clone()], name: shown, parts: vec![name.clone()], is_late: false }
    };
    let mut people: Vec<Person> = names.iter().map(person).collect();
    people.sort_by(|one, other| one.name.cmp(&other.name));
    people
}

fn grouped(names: &[String], parts: Vec<Part>) -> Vec<Person> {
    let mut people: BTreeMap<String, (Person, u64)> = BTreeMap::new();
    for (name, part) in names.iter().zip(parts) {
        let new = Person {
            keys: vec![part.id.clone(), part.name.clone()],
            name: part.name,
            parts: Vec::new(),
            is_late: false,
        };
        let (person, version) = people.entry(part.id).or_insert((new, part.version));
        if part.version > *version {
            (*version, person.is_late) = (part.version, false);
            person.parts.clear();
        }
        if part.version == *version {
            person.parts.push(name.clone());
            person.is_late |= part.is_late;
        }
    }
    let mut people: Vec<Person> = people.into_values().map(|(person, _)| person).collect();
    people.sort_by(|one, other| one.name.cmp(&other.name));
    for at in 0..people.len() {
        let is_double = |other: &Person| other.name == people[at].name;
        if people.iter().filter(|other| is_double(other)).count() > 1 {
            people[at].name = format!("{} {}", people[at].name, people[at].keys[0]);
        }
    }
    people
}

/// Canvas: `doejane_LATE_12345_67890_lab01.zip`: name, user, attempt, and the file as it was called.
fn canvas(name: &str) -> Option<Part> {
    let (who, rest) = name.split_once('_')?;
    let is_late = rest.starts_with("LATE_");
    let mut rest = rest.trim_start_matches("LATE_").splitn(3, '_');
    let (id, attempt, file) = (number(rest.next()?)?, number(rest.next()?)?, rest.next()?);
    let is_right = !who.is_empty() && !file.is_empty() && !attempt.is_empty();
    // Each file has a number of its own; they are no versions.
    is_right.then(|| Part { name: who.to_owned(), id: id.to_owned(), version: 0, is_late })
}

/// Moodle: `Jane Doe_1234567_assignsubmission_file_`, a folder, or the same before a file's name.
fn moodle(name: &str) -> Option<Part> {
    let (who, _) = name.split_once("_assignsubmission_")?;
    let (who, id) = who.rsplit_once('_')?;
    Some(Part { name: who.to_owned(), id: number(id)?.to_owned(), version: 0, is_late: false })
}

/// Gradescope: `submission_123456789`, a folder; the names stand in a file beside it.
fn gradescope(name: &str) -> Option<Part> {
    let id = number(name.strip_prefix("submission_")?)?;
    Some(Part { name: name.to_owned(), id: id.to_owned(), version: 0, is_late: false })
}

/// Autolab: `jane@uni.edu_3_handin.tar`: address, version, file.
fn autolab(name: &str) -> Option<Part> {
    let at = name.find('@')?;
    let end = at + name[at..].find('_')?;
    let (version, _) = name[end + 1..].split_once('_')?;
    let who = name[..end].to_owned();
    Some(Part { id: who.clone(), name: who, version: number(version)?.parse().ok()?, is_late: false })
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
        people(&names).into_iter().map(|person| (person.name, person.parts)).collect()
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
        let person = people(&names).remove(0);
        assert!(person.is_late);
        assert_eq!(person.keys, ["12", "doejane"]);
    }
}
