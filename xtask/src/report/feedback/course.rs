//! What a sheet has from the course and not from the results: the hints that are open to everybody, and which paths to hide.

use std::collections::BTreeMap;

use crate::catalogue;
use crate::causes::{self, Catalogue};
use crate::hint;
use crate::outcome::CheckOutcome;
use crate::score::Results;
use crate::workspace::Workspace;

/// What stands for a path of the machine that graded.
const HIDDEN: &str = "…";

/// What is known beside the results.
#[derive(Debug, Clone, Default)]
pub struct Course {
    /// The first hint of a milestone, by lab and milestone. The first is free for everybody.
    hints: BTreeMap<(String, String), String>,
    /// The catalogues of bugs of the labs with hidden checks, by lab.
    catalogues: BTreeMap<String, Catalogue>,
    /// Paths of this machine, the longest first.
    private: Vec<String>,
}

impl Course {
    /// Reads the hints of the graded labs; a lab of another course has none.
    #[must_use]
    pub fn read(workspace: &Workspace, results: &Results) -> Self {
        let (mut hints, mut catalogues) = (BTreeMap::new(), BTreeMap::new());
        for graded in &results.labs {
            let head = &graded.head;
            let Ok(lab) = workspace.lab(&head.lab) else { continue };
            if graded.has_hidden() {
                // Whoever made the results was told of a damaged one.
                let catalogue = catalogue::load(workspace, &lab).ok().flatten();
                catalogues.insert(head.lab.clone(), catalogue.unwrap_or_default());
            }
            for milestone in &lab.manifest.milestones {
                // `xtask readmes` sees to it that there is one; a sheet without it still tells what failed.
                let first = hint::of(workspace, &lab, milestone).ok().and_then(|all| all.into_iter().next());
                hints.extend(first.map(|first| ((head.lab.clone(), milestone.id.clone()), first)));
            }
        }
        let home = std::env::home_dir();
        let places = [workspace.root.clone(), workspace.state_dir()].into_iter().chain(home);
        Self { catalogues, ..Self::new(hints, places.map(|path| path.display().to_string())) }
    }

    fn new(hints: BTreeMap<(String, String), String>, private: impl Iterator<Item = String>) -> Self {
        let mut private: Vec<String> = private.filter(|path| path.len() > 1).collect();
        private.sort_by_key(|path| std::cmp::Reverse(path.len()));
        Self { hints, private, ..Self::default() }
    }

    /// The hint that is open to whoever is in this milestone.
    pub(super) fn hint(&self, lab: &str, milestone: &str) -> Option<&str> {
        self.hints.get(&(lab.to_owned(), milestone.to_owned())).map(String::as_str)
    }

    /// What is probably wrong with a program of which these outcomes are known.
    pub(super) fn likely(&self, lab: &str, outcomes: &[CheckOutcome]) -> Vec<String> {
        let catalogue = self.catalogues.get(lab);
        let likely = catalogue.and_then(|catalogue| causes::likely(catalogue, outcomes));
        likely.map_or_else(Vec::new, |likely| likely.sentences())
    }

    /// The text without the paths of this machine.
    pub(super) fn without_paths(&self, text: &str) -> String {
        self.private.iter().fold(text.to_owned(), |text, path| without(&text, path))
    }
}

/// Hides a path wherever it stands as a whole, or before more of a path.
fn without(text: &str, path: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(path) {
        let (before, after) = (&rest[..at], &rest[at + path.len()..]);
        let is_longer = after.starts_with(|c: char| c.is_alphanumeric() || "_-.".contains(c));
        out.push_str(before);
        out.push_str(if is_longer { path } else { HIDDEN });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
pub(super) fn sample() -> Course {
    let hints = BTreeMap::from([(
        ("01".to_owned(), "m2".to_owned()),
        "Which of the *two* calls `close`? <b>\n\nSee `man 2 close`.".to_owned(),
    )]);
    Course::new(hints, ["/srv/course", "/srv/course/target", "/"].into_iter().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("at /srv/course/target/run-1/x", "at …/run-1/x")]
    #[case("/srv/course/labs, and /srv/course", "…/labs, and …")]
    #[case("/srv/courses and /srv/course-2 stay", "/srv/courses and /srv/course-2 stay")]
    #[case("/dev/shm/x is the student's", "/dev/shm/x is the student's")]
    fn paths_of_the_machine_are_hidden(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(sample().without_paths(text), expected);
    }
}
