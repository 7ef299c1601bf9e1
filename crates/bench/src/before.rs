//! The rankings of the run before, which decide where a new run is in doubt. They stand in a file beside the page, and count
//! only for the programs that were measured then.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::contender::Contender;
use crate::ranking::Order;
use crate::report::Part;

/// Rankings by the titles of their tables.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Before {
    /// What was measured: a line for each program, with its length and the time of its last change.
    programs: String,
    rankings: BTreeMap<String, String>,
}

/// Between a title and its ranking, or a program and what is known of it. No title has a tab.
const GAP: char = '\t';
const PROGRAM: &str = "program";
const TABLE: &str = "table";

impl Before {
    /// Of the file beside `page`, if the contenders are those of that run; else of none. A file that is not there, or makes
    /// no sense, only means that nothing is known.
    #[must_use]
    pub fn read(page: &Path, contenders: &[Contender]) -> Self {
        let known = std::fs::read_to_string(beside(page)).map(|text| Self::parse(&text)).unwrap_or_default();
        let programs = programs(contenders);
        if known.programs == programs { known } else { Self { programs, ..Self::default() } }
    }

    /// The same programs, and what a run has found of them.
    #[must_use]
    pub fn followed_by(&self, parts: &[Part]) -> Self {
        let tables = parts.iter().filter_map(|part| match part {
            Part::Table(table) => Some((table.title.clone(), table.ranking.clone()?)),
            _ => None,
        });
        Self { programs: self.programs.clone(), rankings: tables.collect() }
    }

    /// What was found for the table with this title.
    #[must_use]
    pub fn order(&self, title: &str) -> Option<Order> {
        self.rankings.get(title).map(|ranking| Order::parse(ranking))
    }

    /// The file's text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = self.programs.clone();
        for (title, ranking) in &self.rankings {
            let _ = writeln!(text, "{TABLE}{GAP}{title}{GAP}{ranking}");
        }
        text
    }

    fn parse(text: &str) -> Self {
        let mut known = Self::default();
        for line in text.lines() {
            match line.split(GAP).collect::<Vec<_>>()[..] {
                [TABLE, title, ranking] => {
                    known.rankings.insert(title.to_owned(), ranking.to_owned());
                }
                _ => known.programs.extend([line, "\n"]),
            }
        }
        known
    }
}

/// Where the rankings of a page stand.
#[must_use]
pub fn beside(page: &Path) -> PathBuf {
    page.with_extension("rankings")
}

/// A line for each program; the benchmark itself is one, for it holds the mechanisms and the limits.
fn programs(contenders: &[Contender]) -> String {
    let own = std::env::current_exe().unwrap_or_default();
    let all = contenders.iter().flat_map(Contender::programs).chain([own.as_path()]);
    all.map(|path| format!("{PROGRAM}{GAP}{}{GAP}{}\n", path.display(), state(path))).collect()
}

/// Length and time of the last change.
fn state(path: &Path) -> String {
    let known = path.metadata().and_then(|meta| {
        let changed = meta.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Ok(format!("{}{GAP}{}", meta.len(), changed.as_nanos()))
    });
    known.unwrap_or_else(|_| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Role, Table};
    use crate::numbers::Better;

    fn table(title: &str, ranking: &str) -> Part {
        Part::Table(Table {
            title: title.to_owned(),
            unit: "k/s",
            better: Better::More,
            anchor: None,
            distance: None,
            elsewhere: 0,
            unsteady: 0,
            ranking: Some(ranking.to_owned()),
            rows: Vec::new(),
        })
    }

    #[test]
    fn rankings_are_known_again_as_long_as_nobody_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let (page, program) = (folder.path().join("01.html"), folder.path().join("psh"));
        std::fs::write(&program, "one").unwrap();
        let one = Contender::new("yours", Role::Yours, [("psh".to_owned(), program.clone())].into());
        let read = || Before::read(&page, std::slice::from_ref(&one));
        assert_eq!(read().order("a pipeline"), None);
        let found = read().followed_by(&[table("a pipeline", "dash > yours = bash")]);
        std::fs::write(beside(&page), found.text()).unwrap();
        assert_eq!(read(), found);
        assert_eq!(read().order("a pipeline"), Some(Order::parse("dash > yours = bash")));
        std::fs::write(&program, "another").unwrap();
        assert_eq!(read().order("a pipeline"), None);
    }

    #[test]
    fn a_file_that_makes_no_sense_means_that_nothing_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let page = folder.path().join("01.html");
        std::fs::write(beside(&page), "table\tonly a title\n\0").unwrap();
        assert_eq!(Before::read(&page, &[]).order("only a title"), None);
    }
}
