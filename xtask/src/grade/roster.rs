//! Pure: who is in the class, as the teacher's list says: a CSV with a header, such as a platform exports.

use crate::text::one_line;

/// Headers of a column with names for people, in small letters; the first that is there is taken.
const NAMES: [&str; 5] = ["name", "student", "full name", "display name", "student name"];
/// Two columns that make a name together.
const HALVES: [[&str; 2]; 2] = [["first name", "last name"], ["given name", "family name"]];

/// A class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Roster {
    rows: Vec<Row>,
}

/// Somebody in the class.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    name: String,
    /// Ids, addresses, names, in small letters: whatever the list has.
    keys: Vec<String>,
}

impl Roster {
    /// Reads the list.
    ///
    /// # Errors
    /// What is wrong with it, with its line.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, String> {
        let mut reader = ::csv::ReaderBuilder::new().flexible(true).from_reader(text);
        let headers: Vec<String> = reader
            .headers()
            .map_err(|error| error.to_string())?
            .iter()
            .map(|header| header.trim_start_matches('\u{feff}').trim().to_lowercase())
            .collect();
        let place = |wanted: &str| headers.iter().position(|header| header == wanted);
        let whole = NAMES.iter().find_map(|name| place(name));
        let halves = HALVES.iter().find_map(|[first, last]| Some([place(first)?, place(last)?]));
        let mut roster = Self::default();
        for (number, record) in (2..).zip(reader.records()) {
            let record = record.map_err(|error| format!("line {number}: {error}"))?;
            let cell = |at: usize| record.get(at).unwrap_or_default().trim();
            // Canvas' second line has the possible points.
            if record.iter().all(|cell| cell.trim().is_empty()) || cell(0) == "Points Possible" {
                continue;
            }
            let name = match (whole, halves) {
                (Some(at), _) => cell(at).to_owned(),
                (None, Some([first, last])) => format!("{} {}", cell(first), cell(last)),
                (None, None) => cell(0).to_owned(),
            };
            if name.trim().is_empty() {
                return Err(format!("line {number}: nobody's name is in it"));
            }
            if roster.rows.iter().any(|row| row.name == name) {
                return Err(format!("line {number}: {} is in the list twice", one_line(&name, 60)));
            }
            let cells = record.iter().chain([name.as_str()]).map(|cell| cell.trim().to_lowercase());
            roster.rows.push(Row { keys: cells.filter(|cell| !cell.is_empty()).collect(), name });
        }
        if roster.rows.is_empty() {
            return Err("nobody is in the list".to_owned());
        }
        Ok(roster)
    }

    /// The name of whoever one of these keys stands for. `None`: nobody, or more than one.
    #[must_use]
    pub(crate) fn find(&self, keys: &[String]) -> Option<&str> {
        for key in keys {
            let key = key.to_lowercase();
            let mut found = self.rows.iter().filter(|row| row.keys.contains(&key));
            if let (Some(row), None) = (found.next(), found.next()) {
                return Some(&row.name);
            }
        }
        None
    }

    /// What stands for whoever has this name, in small letters; nothing for a stranger.
    #[must_use]
    pub(crate) fn keys(&self, name: &str) -> &[String] {
        self.rows.iter().find(|row| row.name == name).map_or(&[], |row| &row.keys)
    }

    /// Everybody, in the order of the list.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|row| row.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const LIST: &str = "\u{feff}Student,ID,SIS Login ID,Section\nPoints Possible,,,\n\"Doe, Jane\",12,jdoe,A\n\"Roe, John\",13,jroe,A\n";

    fn keys(keys: &[&str]) -> Vec<String> {
        keys.iter().map(ToString::to_string).collect()
    }

    #[rstest]
    #[case::by_id(&["12", "doejane"], Some("Doe, Jane"))]
    #[case::by_login(&["JRoe"], Some("Roe, John"))]
    #[case::by_name(&["Roe, John"], Some("Roe, John"))]
    #[case::of_both(&["A"], None)]
    #[case::nobody(&["99"], None)]
    fn whoever_is_meant_is_found(#[case] wanted: &[&str], #[case] expected: Option<&str>) {
        assert_eq!(Roster::parse(LIST.as_bytes()).unwrap().find(&keys(wanted)), expected);
    }

    #[test]
    fn a_name_may_come_in_two_columns() {
        let list = "First name,Last name,Email address\nJane,Doe,j@x.org\n";
        let roster = Roster::parse(list.as_bytes()).unwrap();
        assert_eq!((roster.find(&keys(&["j@x.org"])), roster.names().count()), (Some("Jane Doe"), 1));
    }

    #[rstest]
    #[case("", "nobody is in the list")]
    #[case("Name,ID\n", "nobody is in the list")]
    #[case("Name,ID\n,7\n", "line 2: nobody's name is in it")]
    #[case("Name,ID\na,1\na,2\n", "line 3: a is in the list twice")]
    fn a_list_that_cannot_be_used_is_told(#[case] list: &str, #[case] expected: &str) {
        assert_eq!(Roster::parse(list.as_bytes()).unwrap_err(), expected);
    }
}
