//! Which row of a sheet is whose. Pure.
//!
//! An id, a login or an address decides; else a name. A pair counts only if neither side has another choice: a grade in the
//! wrong row is worse than a row that a person must fill.

use std::collections::BTreeMap;

/// A student who wants a row.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    /// As in the grades. It may be a name, an id, a login or an address.
    pub(super) name: String,
    /// What else stands for this student.
    pub(super) keys: Vec<String>,
}

/// A row with a person.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    /// Its line in the sheet.
    pub(super) line: usize,
    /// For people.
    pub(super) name: String,
    /// Ids, logins, addresses.
    pub(super) ids: Vec<String>,
    /// The name in every form in which a platform exports it.
    pub(super) names: Vec<String>,
}

/// Of each claim the place of its row, if that is clear.
pub(super) fn pairs(claims: &[Claim], rows: &[Row]) -> Vec<Option<usize>> {
    let mut found = vec![None; claims.len()];
    for tier in [|row: &Row| row.ids.clone(), |row: &Row| row.names.clone()] {
        let mut of_key: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, row) in rows.iter().enumerate().filter(|(at, _)| !found.contains(&Some(*at))) {
            for key in tier(row).iter().map(|key| plain(key)).filter(|key| !key.is_empty()) {
                of_key.entry(key).or_default().push(at);
            }
        }
        let wanted: Vec<Option<usize>> = claims
            .iter()
            .zip(&found)
            .map(|(claim, found)| if found.is_none() { wanted(claim, &of_key) } else { None })
            .collect();
        for (at, row) in wanted.iter().enumerate().filter(|(_, row)| row.is_some()) {
            if wanted.iter().filter(|other| *other == row).count() == 1 {
                found[at] = *row;
            }
        }
    }
    found
}

/// The only row that any key of a student leads to.
fn wanted(claim: &Claim, of_key: &BTreeMap<String, Vec<usize>>) -> Option<usize> {
    let keys = std::iter::once(&claim.name).chain(&claim.keys);
    let mut rows: Vec<usize> = keys.filter_map(|key| of_key.get(&plain(key))).flatten().copied().collect();
    rows.sort_unstable();
    rows.dedup();
    if let [row] = rows.as_slice() { Some(*row) } else { None }
}

/// Small letters, one space between words.
fn plain(key: &str) -> String {
    key.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `Doe, Jane` as all platforms write it.
pub(super) fn forms(name: &str, id: &str) -> Vec<String> {
    let turned = name.split_once(',').map(|(last, first)| format!("{} {}", first.trim(), last.trim()));
    // Canvas calls a file after its author so: `doejane`. Of two such names it is the id that differs.
    let squashed: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
    let names = [name.to_owned(), squashed].into_iter().chain(turned);
    names.flat_map(|name| [format!("{name} {id}"), name]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn row(name: &str, ids: &[&str]) -> Row {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        Row { line: 0, name: name.to_owned(), names: forms(name, &ids[0]), ids }
    }

    fn rows() -> Vec<Row> {
        vec![
            row("Doe, Jane", &["12", "jdoe", "jane@uni.edu"]),
            row("Roe, John", &["13", "jroe", ""]),
            row("Kim, Lee", &["14", "kim1", ""]),
            row("Kim, Lee", &["15", "kim2", ""]),
        ]
    }

    fn found(names: &[&str]) -> Vec<Option<usize>> {
        let claims: Vec<Claim> =
            names.iter().map(|name| Claim { name: (*name).to_owned(), keys: vec![] }).collect();
        pairs(&claims, &rows())
    }

    #[rstest]
    #[case::by_address("Jane@UNI.edu", Some(0))]
    #[case::by_id("13", Some(1))]
    #[case::by_name("Doe, Jane", Some(0))]
    #[case::by_turned_name("Jane  Doe", Some(0))]
    #[case::as_canvas_names_files("roejohn", Some(1))]
    #[case::two_of_one_name("Lee Kim", None)]
    #[case::two_of_one_name_and_the_id("Lee Kim 15", Some(3))]
    #[case::nobody("Max", None)]
    #[case::no_key_is_not_the_empty_cell("", None)]
    fn a_row_is_found_where_it_is_clear(#[case] name: &str, #[case] row: Option<usize>) {
        assert_eq!(found(&[name]), [row]);
    }

    #[test]
    fn of_two_students_who_want_one_row_neither_gets_it() {
        assert_eq!(found(&["jdoe", "jane@uni.edu", "Roe, John"]), [None, None, Some(1)]);
    }

    #[test]
    fn an_id_comes_before_a_name() {
        // Somebody is called as another's login is.
        let rows = [row("jroe", &["1", "x"]), row("Roe, John", &["2", "jroe"])];
        let claims = [Claim { name: "jroe".to_owned(), keys: vec![] }];
        assert_eq!(pairs(&claims, &rows), [Some(1)]);
    }

    #[test]
    fn keys_that_lead_to_two_rows_lead_nowhere() {
        let claims = [Claim { name: "12".to_owned(), keys: vec!["jroe".to_owned()] }];
        assert_eq!(pairs(&claims, &rows()), [None]);
    }
}
