//! Who failed in the same way: what a class did not understand, told once instead of name by name. Pure.
//!
//! Where the lab's catalogue names a likely cause, those with the same cause are together: a cause is only named where it
//! explains all that fails in the milestones that are written, so its members may be at different milestones. Where none is
//! named, those are together whose first missed check ended in the same way and says the same, apart from numbers and from what
//! was received: what fails later often follows from it. A program that does not compile is known by its error.

use std::collections::BTreeMap;

use sandbox::protocol::Verdict;

use crate::outcome::CheckOutcome;
use crate::score::{LabResults, Member};
use crate::show;

/// A longer text is as good as its beginning: lines, characters of each.
const SHAPE: (usize, usize) = (6, 200);

/// Members who failed in the same way, two at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster<'a> {
    /// What they have in common.
    pub sign: Sign<'a>,
    /// Their places in the class.
    pub members: Vec<usize>,
    /// The places of the checks that each of them misses.
    pub checks: Vec<usize>,
    /// How many checks only some of them miss.
    pub more: usize,
}

/// What the members of a cluster have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign<'a> {
    /// A known bug, or two, in words.
    Cause(&'a [String]),
    /// The first line of the compiler's first error.
    CompileError(&'a str),
    /// The first check that is missed, by its place; how, and the shape of what it says.
    Failure(usize, Verdict, String),
}

/// The clusters of a class in a lab, the largest first; of equal ones that with the earliest check.
#[must_use]
pub fn of(results: &LabResults) -> Vec<Cluster<'_>> {
    let mut by_sign: BTreeMap<Sign<'_>, Vec<usize>> = BTreeMap::new();
    for (at, member) in results.members.iter().enumerate() {
        if let Some(sign) = sign(member) {
            by_sign.entry(sign).or_default().push(at);
        }
    }
    let several = by_sign.into_iter().filter(|(_, members)| members.len() > 1);
    let mut clusters: Vec<Cluster<'_>> =
        several.map(|(sign, members)| Cluster::of(results, sign, members)).collect();
    clusters.sort_by(|one, other| {
        other.members.len().cmp(&one.members.len()).then_with(|| one.checks.cmp(&other.checks))
    });
    clusters
}

impl<'a> Cluster<'a> {
    fn of(results: &LabResults, sign: Sign<'a>, members: Vec<usize>) -> Self {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        for &member in &members {
            for check in missed(&results.members[member]) {
                *counts.entry(check).or_default() += 1;
            }
        }
        let by_all = |(_, count): &(&usize, &usize)| **count == members.len();
        let checks: Vec<usize> = counts.iter().filter(by_all).map(|(check, _)| *check).collect();
        Self { sign, more: counts.len() - checks.len(), checks, members }
    }
}

fn sign(member: &Member) -> Option<Sign<'_>> {
    if member.entry.refused.is_some() {
        return None;
    }
    if let Some(error) = &member.compile_error {
        return error.lines().next().map(Sign::CompileError);
    }
    if !member.likely.is_empty() {
        return Some(Sign::Cause(&member.likely));
    }
    let first = *missed(member).first()?;
    let outcome = &member.checks[first];
    Some(Sign::Failure(first, outcome.verdict, shape(outcome)))
}

/// What a failed check says is wrong and what it expected, without what differs from run to run: numbers, the command, and what
/// was received, which is mostly the program's own.
fn shape(outcome: &CheckOutcome) -> String {
    told(outcome).map(|line| without_numbers(&line)).collect::<Vec<_>>().join("\n")
}

/// The line in which a failed check says what is wrong; empty if it has none.
#[must_use]
pub fn said(outcome: &CheckOutcome) -> String {
    told(outcome).next().unwrap_or_default()
}

/// The lines that tell what is wrong and what was expected.
fn told(outcome: &CheckOutcome) -> impl Iterator<Item = String> {
    let lines = show::body(outcome).into_iter().take_while(|line| !line.starts_with("received:"));
    lines.filter(|line| !line.starts_with("command:") && !line.trim().is_empty()).take(SHAPE.0)
}

/// Each number as `N`, also a hexadecimal one that begins with a digit: a process, an address, a time.
fn without_numbers(line: &str) -> String {
    let mut out = String::new();
    let mut is_number = false;
    for c in line.chars().take(SHAPE.1) {
        is_number = c.is_ascii_digit() || (is_number && (c == 'x' || c.is_ascii_hexdigit()));
        match is_number {
            true if out.ends_with('N') => {}
            true => out.push('N'),
            false => out.push(c),
        }
    }
    out
}

/// The places of the checks that speak against the program.
fn missed(member: &Member) -> Vec<usize> {
    let checks = member.checks.iter().enumerate();
    checks.filter(|(_, check)| is_missed(check.verdict)).map(|(at, _)| at).collect()
}

/// Whether a check speaks against the program.
#[must_use]
pub fn is_missed(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Hang | Verdict::Crash | Verdict::Leak)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn said(text: &str) -> String {
        shape(&CheckOutcome {
            check: "m1::a".into(),
            points: 0,
            max: 1,
            verdict: Verdict::Fail,
            text: text.into(),
            detail: String::new(),
            seed: 7,
            millis: 1,
        })
    }

    #[rstest]
    #[case::numbers("sh (pid 71) is left after 3 ms", "sh (pid 9234) is left after 12 ms", true)]
    #[case::an_address("at 0x7ffd12ab", "at 0x55aa", true)]
    #[case::what_was_received("expected: a\nreceived: b", "expected: a\nreceived: c\nand d", true)]
    #[case::the_command("command: x 1\nno line", "command: y\nno line", true)]
    #[case::what_is_wrong("the output ends too early", "the output is late", false)]
    #[case::what_was_expected("expected: status 0\n", "expected: signal 0\n", false)]
    #[case::the_case("wanted: a (case 1 short)\nno line", "wanted: a (case 2 long)\nno line", false)]
    fn texts_of_one_shape_say_the_same(#[case] one: &str, #[case] other: &str, #[case] is_same: bool) {
        assert_eq!(said(one) == said(other), is_same, "{:?} {:?}", said(one), said(other));
    }
}
