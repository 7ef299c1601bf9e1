//! Who failed in the same way: what a class did not understand, told once instead of name by name. Pure.
//!
//! Where the lab's catalogue names a likely cause, those with the same cause are together: a cause is only named where it
//! explains all that fails in the milestones that are written, so its members may be at different milestones. Where none is
//! named, those are together who miss exactly the same checks. A program that does not compile is known by its error.

use std::collections::BTreeMap;

use sandbox::protocol::Verdict;

use crate::score::{LabResults, Member};

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
    /// The places of the checks that are missed.
    Missed(Vec<usize>),
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
    let missed = missed(member);
    (!missed.is_empty()).then_some(Sign::Missed(missed))
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
