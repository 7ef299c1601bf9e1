//! The names of a made class, as learning platforms and people give them. Pure.

use clap::ValueEnum;

/// Whose names the submissions have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Platform {
    /// As people name a folder.
    Given,
    /// `who_id_attempt_work.zip`.
    Canvas,
    /// `Who_id_assignsubmission_file_`.
    Moodle,
    /// `address_version_handin.tar.gz`.
    Autolab,
}

/// With spaces, accents, an apostrophe and another script: as in a class.
const FIRST: [&str; 12] = [
    "Ada",
    "Zoë",
    "Jörg",
    "María José",
    "Søren",
    "Łukasz",
    "Nguyễn",
    "Олена",
    "太郎",
    "Éloïse",
    "Bob",
    "Ayşe",
];
const LAST: [&str; 10] = [
    "Müller",
    "Lovelace",
    "O'Neill",
    "García-López",
    "Ångström",
    "Weiß 🦀",
    "Smith",
    "Đặng",
    "Ōtani",
    "van der Berg",
];

/// A student's name in the grades, and how the name of the file or folder begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// As the grader shows it.
    pub(super) shown: String,
    /// The folder's name, or the archive's without its ending.
    pub(super) stem: String,
}

/// The name of the student with this number; no two are alike.
#[must_use]
pub(super) fn name(platform: Platform, number: usize) -> Name {
    let full = format!("{} {} {number:03}", FIRST[number % FIRST.len()], LAST[number % LAST.len()]);
    let id = 10_000 + number;
    match platform {
        Platform::Given => Name { stem: full.clone(), shown: full },
        Platform::Moodle => Name { stem: format!("{full}_{id}_assignsubmission_file_"), shown: full },
        Platform::Canvas => {
            let lower = full.to_lowercase();
            let shown: String = lower.chars().filter(|char| char.is_alphanumeric()).collect();
            Name { stem: format!("{shown}_{id}_{}_work", 70_000 + number), shown }
        }
        Platform::Autolab => {
            let shown = format!("student.{number:03}@uni.example");
            Name { stem: format!("{shown}_1_handin"), shown }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grade::shown_names;
    use rstest::rstest;

    #[rstest]
    fn the_grader_reads_the_names_back(
        #[values(Platform::Given, Platform::Canvas, Platform::Moodle, Platform::Autolab)] platform: Platform,
    ) {
        let names: Vec<Name> = (0..200).map(|number| name(platform, number)).collect();
        let stems: Vec<String> = names.iter().map(|name| format!("{}.tar.gz", name.stem)).collect();
        let mut expected: Vec<String> = names.into_iter().map(|name| name.shown).collect();
        expected.sort();
        assert_eq!(shown_names(&stems), expected);
    }
}
