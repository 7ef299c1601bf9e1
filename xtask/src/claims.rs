//! Pure: what the lectures claim, and where each claim is taught, demonstrated and checked (`labs/claims.toml`). The table in
//! `labs/CLAIMS.md` is made from it; every name in it is compared with what there is, so that it cannot rot.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Deserialize;

use crate::manifest::Manifest;

/// The file's place in the course.
pub const FILE: &str = "labs/claims.toml";
/// The table's.
pub const TABLE: &str = "labs/CLAIMS.md";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    claim: Vec<Claim>,
}

/// One claim.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Its place in the list, from 1.
    pub row: u32,
    /// What is claimed, in a few words.
    pub says: String,
    /// The documents that say it.
    pub source: String,
    /// Where a student meets it: `01 m2`.
    #[serde(default)]
    pub taught: Vec<String>,
    /// The demonstrations: `pipeline-shell::eof_needs_every_writer_closed`.
    #[serde(default)]
    pub shown: Vec<String>,
    /// The checks: `01 m2_pipe::the_reader_sees_the_end`.
    #[serde(default)]
    pub checked: Vec<String>,
    /// Why a part is missing, or what else there is to say.
    #[serde(default)]
    pub note: String,
}

/// Reads the claims.
///
/// # Errors
/// What is wrong with the text, in one line.
pub fn parse(text: &str) -> Result<Vec<Claim>, String> {
    let claims: Claims = toml::from_str(text).map_err(|error| error.to_string().replace('\n', " "))?;
    Ok(claims.claim)
}

/// What there is that a claim can name.
#[derive(Debug, Default)]
pub struct Known {
    milestones: BTreeSet<String>,
    checks: BTreeSet<String>,
    demonstrations: BTreeSet<String>,
}

impl Known {
    /// The labs' milestones and checks, and the lectures' demonstrations.
    #[must_use]
    pub fn new(manifests: &[&Manifest], demonstrations: BTreeSet<String>) -> Self {
        let mut known = Self { demonstrations, ..Self::default() };
        for manifest in manifests {
            let id = &manifest.id;
            known
                .milestones
                .extend(manifest.milestones.iter().map(|milestone| format!("{id} {}", milestone.id)));
            known.checks.extend(manifest.checks().map(|check| format!("{id} {}", check.name)));
        }
        known
    }
}

/// Each row that is out of place, each name of something that is not there, and each gap without a reason.
#[must_use]
pub fn problems(claims: &[Claim], known: &Known) -> Vec<String> {
    let mut problems = Vec::new();
    for (row, claim) in (1..).zip(claims) {
        if claim.row != row {
            problems.push(format!("row {}: should be row {row}", claim.row));
        }
        let names = [
            ("milestone", &claim.taught, &known.milestones),
            ("demonstration", &claim.shown, &known.demonstrations),
            ("check", &claim.checked, &known.checks),
        ];
        for (what, named, known) in names {
            let unknown = named.iter().filter(|name| !known.contains(*name));
            problems.extend(unknown.map(|name| format!("row {}: there is no {what} `{name}`", claim.row)));
            if named.is_empty() && claim.note.is_empty() {
                problems.push(format!("row {}: it has no {what}, and no note says why", claim.row));
            }
        }
    }
    problems
}

/// The table of claims.
#[must_use]
pub fn table(claims: &[Claim]) -> String {
    let mut out = String::from(
        "| # | claim | from | taught | demonstration | check | note |\n|--:|---|---|---|---|---|---|\n",
    );
    for claim in claims {
        let code = |names: &[String]| {
            let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            names.join("<br>")
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} |",
            claim.row,
            cell(&claim.says),
            claim.source,
            claim.taught.join(", "),
            code(&claim.shown),
            code(&claim.checked),
            cell(&claim.note)
        );
    }
    out
}

/// A text that stays in its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const GOOD: &str = r#"
[[claim]]
row = 1
says = "a | b"
source = "000"
taught = ["01 m1"]
shown = ["pipes::end"]
checked = ["01 m1_first::a"]
[[claim]]
row = 2
says = "later"
source = "001"
note = "an extra lab"
"#;

    fn told(text: &str) -> Vec<String> {
        let manifest = crate::progress::tests::manifest();
        let known = Known::new(&[&manifest], BTreeSet::from(["pipes::end".to_owned()]));
        problems(&parse(text).unwrap(), &known)
    }

    #[test]
    fn each_claim_is_a_row() {
        assert!(told(GOOD).is_empty());
        let table = table(&parse(GOOD).unwrap());
        assert!(table.ends_with(
            "| 1 | a \\| b | 000 | 01 m1 | `pipes::end` | `01 m1_first::a` |  |\n\
             | 2 | later | 001 |  |  |  | an extra lab |\n"
        ));
    }

    #[rstest]
    #[case::order("row = 2", "row = 3", "row 3: should be row 2")]
    #[case::check("m1_first::a", "m1_first::z", "row 1: there is no check `01 m1_first::z`")]
    #[case::milestone("\"01 m1\"", "\"01 m9\"", "row 1: there is no milestone `01 m9`")]
    #[case::demonstration("pipes::end", "pipes::start", "row 1: there is no demonstration `pipes::start`")]
    #[case::gap("checked = [\"01 m1_first::a\"]", "", "row 1: it has no check, and no note says why")]
    fn what_has_rotted_is_told(#[case] from: &str, #[case] to: &str, #[case] expected: &str) {
        assert_eq!(told(&GOOD.replacen(from, to, 1)), [expected]);
    }

    #[test]
    fn a_word_nobody_knows_is_told() {
        assert!(parse("[[claim]]\nrow = 1\nsay = \"\"\n").unwrap_err().contains("unknown field `say`"));
    }
}
