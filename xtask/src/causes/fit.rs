//! Pure: which known bug, or which two, a run looks like; nothing on a weak fit.
//!
//! The evidence is what the checks of the milestones say whose code is written. A bug fits if exactly those checks
//! fail that it makes fail, each with the same verdict and in the same case. First all of the run is looked at, then
//! the milestones up to the first with a failure: what goes wrong later may have another cause.

use std::collections::{BTreeMap, BTreeSet};

use sandbox::protocol::Verdict;

use super::{Bug, Catalogue, How, Seen, seen};
use crate::outcome::CheckOutcome;

/// Fewer checks than this are no pattern.
const FACTS: usize = 4;
/// So many causes are a help; more are a guess.
const MOST: usize = 2;

/// What a run looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Likely<'a> {
    /// One bug, or two.
    pub bugs: Vec<&'a Bug>,
    /// How sure it is.
    pub fit: Fit,
}

/// How well the bugs fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// One bug, and everything that it makes fail was seen to fail.
    Whole,
    /// One bug; not all of its checks ran, or their code is not yet written.
    Part,
    /// Two bugs that look alike so far: either of them.
    Either,
    /// Two bugs at once: each explains what the other does not.
    Both,
}

impl Likely<'_> {
    /// The causes in a student's words, each with the label that stands before it: `likely:`, `or:`, `and:`.
    #[must_use]
    pub fn causes(&self) -> Vec<(&'static str, &str)> {
        let second = if self.fit == Fit::Both { "and:    " } else { "or:     " };
        let labels = ["likely: "].into_iter().chain(std::iter::repeat(second));
        labels.zip(&self.bugs).map(|(label, bug)| (label, bug.cause.as_str())).collect()
    }

    /// The same for a report, each in one line.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        self.causes().into_iter().map(|(label, cause)| format!("{} {cause}", label.trim_end())).collect()
    }
}

/// What is known of a program: by check, what failed and what did not.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Evidence<'a> {
    kept: BTreeSet<&'a str>,
    broken: BTreeMap<&'a str, How>,
}

/// The bugs that a run looks like, if it looks like one or two. The outcomes stand in the order of the lab.
#[must_use]
pub fn likely<'a>(catalogue: &'a Catalogue, outcomes: &[CheckOutcome]) -> Option<Likely<'a>> {
    let written = written(outcomes);
    let all = Evidence::of(&written);
    let (first, _) = written.iter().find(|(_, seen)| matches!(seen, Seen::Broken(_)))?;
    let open = milestone(first);
    let end = written.iter().rposition(|(check, _)| milestone(check) == open).map_or(0, |at| at + 1);
    fit(catalogue, &all).or_else(|| fit(catalogue, &Evidence::of(&written[..end])))
}

/// What was seen in the milestones in which no check meets unwritten code. Such a milestone is work in progress:
/// what fails in it is no bug yet.
fn written(outcomes: &[CheckOutcome]) -> Vec<(&str, Seen)> {
    let all: Vec<(&str, Seen)> =
        outcomes.iter().filter_map(|outcome| Some((outcome.check.as_str(), seen(outcome)?))).collect();
    let unwritten = all.iter().filter(|(_, seen)| *seen == Seen::Unwritten);
    let unwritten: BTreeSet<String> = unwritten.map(|(check, _)| milestone(check).to_owned()).collect();
    all.into_iter().filter(|(check, _)| !unwritten.contains(milestone(check))).collect()
}

fn milestone(check: &str) -> &str {
    check.split("::").next().unwrap_or(check)
}

impl<'a> Evidence<'a> {
    fn of(seen: &[(&'a str, Seen)]) -> Self {
        let mut evidence = Self::default();
        for (check, seen) in seen {
            match seen {
                Seen::Kept => drop(evidence.kept.insert(check)),
                Seen::Broken(how) => drop(evidence.broken.insert(check, how.clone())),
                Seen::Unwritten => {}
            }
        }
        evidence
    }

    fn knows(&self, check: &str) -> bool {
        self.kept.contains(check) || self.broken.contains_key(check)
    }

    /// Of what a bug makes fail, the part that was looked at.
    fn part<'b>(&self, fails: &'b BTreeMap<String, How>) -> BTreeMap<&'b str, &'b How> {
        let looked_at = fails.iter().filter(|(check, _)| self.knows(check));
        looked_at.map(|(check, how)| (check.as_str(), how)).collect()
    }

    /// Whether exactly this failed.
    fn is(&self, part: &BTreeMap<&str, &How>) -> bool {
        self.broken.len() == part.len()
            && part.iter().all(|(check, how)| self.broken.get(check).is_some_and(|seen| seen == *how))
    }

    /// A lone check that just fails looks like nearly any bug.
    fn is_pattern(&self) -> bool {
        let tells = |how: &How| how.case.is_some() || how.verdict != Verdict::Fail;
        self.kept.len() + self.broken.len() >= FACTS
            && (self.broken.len() > 1 || self.broken.values().any(tells))
    }
}

fn fit<'a>(catalogue: &'a Catalogue, evidence: &Evidence<'_>) -> Option<Likely<'a>> {
    let is_unfinished = catalogue.unfinished.iter().any(|stage| evidence.is(&evidence.part(&stage.fails)));
    if !evidence.is_pattern() || is_unfinished {
        return None;
    }
    let bugs: Vec<&Bug> =
        catalogue.bugs.iter().filter(|bug| evidence.is(&evidence.part(&bug.fails))).collect();
    match bugs.as_slice() {
        [] => pair(catalogue, evidence),
        [bug] => {
            let is_whole = bug.fails.keys().all(|check| evidence.knows(check));
            Some(Likely { fit: if is_whole { Fit::Whole } else { Fit::Part }, bugs })
        }
        several => (several.len() <= MOST).then_some(Likely { bugs, fit: Fit::Either }),
    }
}

/// The only two bugs that together explain it all, if neither does so alone.
fn pair<'a>(catalogue: &'a Catalogue, evidence: &Evidence<'_>) -> Option<Likely<'a>> {
    let parts = catalogue.bugs.iter().map(|bug| (bug, evidence.part(&bug.fails)));
    let is_possible = |(_, part): &(&Bug, BTreeMap<&str, &How>)| {
        !part.is_empty() && part.keys().all(|check| evidence.broken.contains_key(check))
    };
    let possible: Vec<(&Bug, BTreeMap<&str, &How>)> = parts.filter(is_possible).collect();
    let some = *evidence.broken.keys().next()?;
    let mut found: Option<Likely<'a>> = None;
    for (at, (one, first)) in possible.iter().enumerate() {
        for (other, second) in &possible[at + 1..] {
            // Merging is dear; most pairs fall short of what failed.
            let may_be_all = first.len() + second.len() >= evidence.broken.len()
                && (first.contains_key(some) || second.contains_key(some))
                && first.len().max(second.len()) < evidence.broken.len();
            if may_be_all && evidence.is(&both(first, second)) {
                if found.is_some() {
                    return None;
                }
                found = Some(Likely { bugs: vec![*one, *other], fit: Fit::Both });
            }
        }
    }
    found
}

/// What fails of two bugs at once: in each check the earlier case, for later ones do not run.
fn both<'b>(
    one: &BTreeMap<&'b str, &'b How>,
    other: &BTreeMap<&'b str, &'b How>,
) -> BTreeMap<&'b str, &'b How> {
    let mut all = one.clone();
    for (check, how) in other {
        let earlier = all.entry(check).or_insert(how);
        if number(how) < number(earlier) {
            *earlier = how;
        }
    }
    all
}

/// 2 in `case 2 two quotes`; a check without cases has one.
fn number(how: &How) -> usize {
    let number = how.case.as_deref().and_then(|case| case.split(' ').nth(1)?.parse().ok());
    number.unwrap_or(1)
}
