//! What `similar.csv` says, for the pages of grades: the pairs of each lab, the most alike first.

use std::fs;
use std::io;
use std::path::Path;

use super::{CSV, HTML};
use crate::text::reason;

/// Two members, each with how much of its own code is found at the other, in percent. The names are as in the file.
pub type Pair = [(String, u32); 2];

/// The pairs that a folder has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Similar {
    /// Each with its lab.
    pairs: Vec<(String, Pair)>,
    problem: Option<String>,
}

impl Similar {
    /// What is beside the grades; nothing where nobody was compared. A list that cannot be read is no reason to have no report:
    /// the report says so.
    #[must_use]
    pub fn read(folder: &Path) -> Option<Self> {
        if !folder.join(HTML).is_file() {
            return None;
        }
        let bytes = match fs::read(folder.join(CSV)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Some(Self::default()),
            Err(error) => return Some(Self::broken(&reason(&error))),
        };
        Some(Self::parse(&bytes).unwrap_or_else(|why| Self::broken(&why)))
    }

    fn broken(why: &str) -> Self {
        Self { pairs: Vec::new(), problem: Some(format!("{CSV} cannot be read: {why}")) }
    }

    /// Reads the list.
    ///
    /// # Errors
    /// The first line that is no pair.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let mut pairs = Vec::new();
        for row in csv::Reader::from_reader(bytes).records() {
            let row = row.map_err(|error| error.to_string())?;
            let line = row.position().map_or(0, csv::Position::line);
            pairs.push(pair(&row).ok_or_else(|| format!("line {line} is no pair"))?);
        }
        Ok(Self { pairs, problem: None })
    }

    /// The pairs of a lab.
    #[must_use]
    pub fn pairs(&self, lab: &str) -> Vec<&Pair> {
        self.pairs.iter().filter(|(of, _)| of == lab).map(|(_, pair)| pair).collect()
    }

    /// Why nothing is known.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }
}

/// The columns of `csv::rows`.
fn pair(row: &csv::StringRecord) -> Option<(String, Pair)> {
    let text = |at: usize| row.get(at).map(str::to_owned);
    let percent = |at: usize| row.get(at)?.parse().ok();
    Some((text(0)?, [(text(1)?, percent(3)?), (text(2)?, percent(4)?)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_comparison_writes_is_read_back() {
        let row = |lab: &str, one: &str, percent: &str| {
            [lab, one, "Doe, \"J\"", percent, "40", ""].map(str::to_owned)
        };
        let bytes = super::super::csv::render(&[row("01", "'=b", "90"), row("02", "c", "30")]).unwrap();
        let similar = Similar::parse(&bytes).unwrap();
        let expected = [("'=b".to_owned(), 90), ("Doe, \"J\"".to_owned(), 40)];
        assert_eq!((similar.pairs("01"), similar.pairs("03").len()), (vec![&expected], 0));
    }

    #[test]
    fn a_list_that_is_none_is_told_and_nothing_is_made_up() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Similar::read(folder.path()), None);
        fs::write(folder.path().join(HTML), "").unwrap();
        assert_eq!(Similar::read(folder.path()), Some(Similar::default()));
        fs::write(folder.path().join(CSV), "lab,member,other,percent,percent_other\n01,a,b,many,3\n")
            .unwrap();
        let told = Similar::read(folder.path()).unwrap();
        assert_eq!(told.problem(), Some("similar.csv cannot be read: line 2 is no pair"));
        assert!(told.pairs("01").is_empty());
    }
}
