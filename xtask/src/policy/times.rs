//! Pure: when what was handed in, as a CSV with a header says: `student`, `submitted`, and perhaps `lab` and `attempt`.

use std::collections::{BTreeMap, BTreeSet};

use super::time::Moment;
use crate::text::one_line;

/// The times of a class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Times {
    /// By student, lab and attempt; an empty lab or attempt is every one.
    rows: BTreeMap<(String, String, String), Moment>,
}

impl Times {
    /// Reads the list. Times without an offset are in `offset`.
    ///
    /// # Errors
    /// What is wrong with it, with its line.
    pub fn parse(text: &[u8], offset: Option<i16>) -> Result<Self, String> {
        let mut reader = ::csv::ReaderBuilder::new().trim(::csv::Trim::All).from_reader(text);
        let headers = reader.headers().map_err(|error| format!("line 1: {error}"))?.clone();
        let place = |wanted: &str| {
            let name = |header: &str| header.trim_start_matches('\u{feff}').trim().to_lowercase();
            headers.iter().position(|header| name(header) == wanted)
        };
        let needed = |wanted: &str| place(wanted).ok_or(format!("line 1: there is no column `{wanted}`"));
        let columns = [Some(needed("student")?), place("lab"), place("attempt"), Some(needed("submitted")?)];
        let mut times = Self::default();
        for record in reader.records() {
            let record = record.map_err(|error| match error.position() {
                Some(position) => format!("line {}: a row of another length", position.line()),
                None => error.to_string(),
            })?;
            let line = record.position().map_or(0, ::csv::Position::line);
            let [student, lab, attempt, submitted] =
                columns.map(|at| at.and_then(|at| record.get(at)).unwrap_or_default().to_owned());
            times
                .add((student, lab, attempt), &submitted, offset)
                .map_err(|why| format!("line {line}: {why}"))?;
        }
        Ok(times)
    }

    fn add(
        &mut self,
        row: (String, String, String),
        submitted: &str,
        offset: Option<i16>,
    ) -> Result<(), String> {
        let (student, lab, _) = &row;
        if student.is_empty() {
            return Err("nobody's name is in it".to_owned());
        }
        if !lab.is_empty() && (lab.len() != 2 || !lab.bytes().all(|byte| byte.is_ascii_digit())) {
            return Err(format!("lab {:?} is not two digits, such as 01", one_line(lab, 20)));
        }
        let moment = Moment::parse(submitted, offset)
            .map_err(|wrong| format!("{:?} {wrong}", one_line(submitted, 40)))?;
        let twice = format!("{} has two times for the same", one_line(student, 60));
        self.rows.insert(row, moment).map_or(Ok(()), |_| Err(twice))
    }

    /// When a student handed in an attempt at a lab. A row that tells more goes before one that tells less; one without an
    /// attempt tells of the last one.
    #[must_use]
    pub(super) fn of(&self, student: &str, lab: &str, attempt: &str, is_last: bool) -> Option<Moment> {
        let all = [(lab, attempt), ("", attempt), (lab, ""), ("", "")];
        let rows = if is_last { &all[..] } else { &all[..2] };
        let key = |(lab, attempt): (&str, &str)| (student.to_owned(), lab.to_owned(), attempt.to_owned());
        rows.iter().find_map(|&row| self.rows.get(&key(row)).copied())
    }

    /// Everybody who is in it.
    pub(super) fn students(&self) -> BTreeSet<&str> {
        self.rows.keys().map(|(student, _, _)| student.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const LIST: &str = "\u{feff}Student, Lab, Attempt, Submitted\n\
        alice, 01, , 2026-10-12 10:00:00\nalice, 01, 2, 2026-10-13T10:00:00Z\n\"Doe, Jane\",,,2026-10-12T08:00:00Z\n";

    #[rstest]
    #[case::of_the_attempt("alice", "01", "2", false, Some("2026-10-13T10:00:00Z"))]
    #[case::of_the_last_one("alice", "01", "3", true, Some("2026-10-12T10:00:00+02:00"))]
    #[case::of_an_earlier_one("alice", "01", "1", false, None)]
    #[case::of_another_lab("alice", "02", "", true, None)]
    #[case::of_every_lab("Doe, Jane", "02", "", true, Some("2026-10-12T08:00:00Z"))]
    #[case::of_nobody("bob", "01", "", true, None)]
    fn the_row_that_tells_most_is_taken(
        #[case] student: &str,
        #[case] lab: &str,
        #[case] attempt: &str,
        #[case] is_last: bool,
        #[case] expected: Option<&str>,
    ) {
        let times = Times::parse(LIST.as_bytes(), Some(120)).unwrap();
        let found = times.of(student, lab, attempt, is_last).map(|moment| moment.to_string());
        assert_eq!(found.as_deref(), expected);
    }

    #[rstest]
    #[case("", "line 1: there is no column `student`")]
    #[case("student,when\n", "line 1: there is no column `submitted`")]
    #[case("student,submitted\na,noon\n", "line 2: \"noon\" is no time")]
    #[case("student,submitted\na,2026-10-12T10:00:00\n", "line 2: \"2026-10-12T10:00:00\" has no offset")]
    #[case("student,submitted\n,2026-10-12T10:00:00Z\n", "line 2: nobody's name is in it")]
    #[case("student,submitted\na\n", "line 2: a row of another length")]
    #[case("student,lab,submitted\na,1,2026-10-12T10:00:00Z\n", "line 2: lab \"1\" is not two digits")]
    #[case(
        "student,submitted\na,2026-10-12T10:00:00Z\na,2026-10-12T11:00:00Z\n",
        "line 3: a has two times for the same"
    )]
    fn a_list_that_cannot_be_used_is_told(#[case] list: &str, #[case] expected: &str) {
        let told = Times::parse(list.as_bytes(), None).unwrap_err();
        assert!(told.starts_with(expected), "{told}");
    }
}
