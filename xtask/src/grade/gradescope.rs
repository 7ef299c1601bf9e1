//! Pure: what Gradescope's export says of each submission in its `submission_metadata.yml`: when it was handed in, and by whom.
//!
//! The file is written by one program, in one form: a submission's folder at the left, its own facts two blanks further in.
//! Whatever a student's program printed stands deeper, so nobody can write a time of one's own.

use std::collections::BTreeMap;

use crate::policy::Moment;

/// What the file is called.
pub(super) const FILE: &str = "submission_metadata.yml";

/// What is known of a submission.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// When the platform got it.
    pub(super) at: Option<String>,
    /// Addresses, ids and names of those who handed it in.
    pub(super) keys: Vec<String>,
}

/// The facts by the names of the folders.
#[must_use]
pub(super) fn facts(text: &str) -> BTreeMap<String, Facts> {
    let mut all: BTreeMap<String, Facts> = BTreeMap::new();
    let (mut folder, mut is_of_people) = (None, false);
    for line in text.lines() {
        if let Some(name) = line.strip_suffix(':').filter(|name| name.starts_with("submission_")) {
            folder = Some(name.to_owned());
            is_of_people = false;
        }
        let Some(facts) = folder.as_ref().map(|folder| all.entry(folder.clone()).or_default()) else {
            continue;
        };
        if let Some(fact) = line.strip_prefix("  :") {
            is_of_people = fact == "submitters:";
            if let Some(time) = fact.strip_prefix("created_at:") {
                let time = Moment::parse_with_offset(unquoted(time));
                facts.at = time.map(|moment| moment.to_string());
            }
        } else if let (true, Some(fact)) = (is_of_people, person(line)) {
            facts.keys.push(fact);
        }
    }
    all
}

/// A name, an id or an address.
fn person(line: &str) -> Option<String> {
    let fact = line.strip_prefix("  - :").or_else(|| line.strip_prefix("    :"))?;
    let (key, value) = fact.split_once(':')?;
    let value = unquoted(value);
    (matches!(key, "name" | "sid" | "email") && !value.is_empty()).then(|| value.to_owned())
}

fn unquoted(value: &str) -> &str {
    let value = value.trim();
    let inside = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    inside('\'').or_else(|| inside('"')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "---\nsubmission_12:\n  :submitters:\n  - :name: Jane Doe\n    :sid: '0042'\n    :email: jane@uni.edu\n  \
        :created_at: 2026-04-26 17:34:00.861687000 Z\n  :score: 2.0\n  :results:\n    output: |-\n      submission_13:\n        \
        :created_at: 1999-01-01 00:00:00 Z\n  :history:\n  - :id: 11\n    :created_at: 2026-04-20 08:00:00.000000000 Z\n\
        submission_13:\n  :submitters: []\n  :created_at: '2026-04-27 10:00:00 -07:00'\nsubmission_14:\n  :created_at: soon\n";

    #[test]
    fn time_and_people_of_each_submission_are_found_and_nothing_that_a_program_printed() {
        let all = facts(FILE);
        let keys = ["Jane Doe", "0042", "jane@uni.edu"].map(str::to_owned).to_vec();
        let jane = Facts { at: Some("2026-04-26T17:34:00Z".to_owned()), keys };
        assert_eq!(all["submission_12"], jane);
        let other = Facts { at: Some("2026-04-27T10:00:00-07:00".to_owned()), keys: vec![] };
        assert_eq!((&all["submission_13"], &all["submission_14"]), (&other, &Facts::default()));
        assert_eq!((all.len(), facts("no: yaml\n  :created_at: x").len()), (3, 0));
    }
}
