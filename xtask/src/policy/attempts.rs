//! Pure: which of a student's attempts at a lab counts.

use super::late::{Cost, Due};
use super::time::Moment;
use super::{Count, Times};
use crate::score::{Attempt, LabGrade, Member, Points};

/// A student's attempts at a lab, and the one that counts.
pub(super) struct Choice {
    /// The place of the one that counts.
    pub(super) member: usize,
    pub(super) grade: LabGrade,
    /// Whether a time is missing that may have cost something.
    pub(super) is_timeless: bool,
}

/// An attempt, judged.
struct Judged<'a> {
    place: usize,
    member: &'a Member,
    submitted: Option<Moment>,
    cost: Cost,
}

impl Judged<'_> {
    /// What it is worth if everything that is undecided turns out well.
    fn most(&self) -> Points {
        Points::percent_of(100 - self.cost.percent, self.member.total + self.member.undecided)
    }

    fn points(&self) -> Option<Points> {
        (self.member.undecided == 0).then(|| self.most())
    }
}

/// Chooses among a student's attempts at a lab, which are never none: each with its place among the members. `left` are the late
/// days that the student has.
pub(super) fn choose(
    members: &[(usize, &Member)],
    (student, lab): (&str, &str),
    due: &Due,
    count: Option<Count>,
    times: &Times,
    left: u32,
) -> Option<Choice> {
    let mut all: Vec<Judged<'_>> = Vec::new();
    let is_there = |member: &Member| !member.is_absent();
    let handed_in: Vec<_> = members.iter().filter(|(_, member)| is_there(member)).collect();
    // Of whoever handed in nothing, one row says so.
    let taken = if handed_in.is_empty() { members.iter().take(1).collect() } else { handed_in };
    for (number, &&(place, member)) in taken.iter().enumerate() {
        let attempt = member.entry.handed_in.attempt.as_deref().unwrap_or_default();
        let of_list = times.of(student, lab, attempt, number + 1 == taken.len());
        let of_platform = || Moment::parse_with_offset(member.entry.handed_in.at.as_deref()?);
        let submitted = of_list.or_else(of_platform).filter(|_| is_there(member));
        // Nobody spends a late day on a lab without points.
        let left = if member.total + member.undecided == 0 { 0 } else { left };
        all.push(Judged { place, member, submitted, cost: due.cost(submitted, left) });
    }
    // Stable: attempts at the same second stay as they are. One unknown time, and the order of the names is all there is.
    if all.iter().all(|one| one.submitted.is_some()) {
        all.sort_by_key(|one| one.submitted.map(|moment| moment.second));
    }
    let best = match count {
        Some(Count::Best) => best(&all),
        Some(Count::Last) | None => last(&all),
    };
    let chosen = all.get(best)?;
    let grade = LabGrade {
        points: chosen.points(),
        penalty: chosen.cost.percent,
        late_days: chosen.cost.late_days,
        reason: chosen.cost.reason.clone(),
        submitted: chosen.submitted.map(|moment| moment.to_string()),
        attempts: if all.len() > 1 { attempts(&all, best) } else { Vec::new() },
        ..LabGrade::default()
    };
    let is_timeless = is_there(chosen.member) && chosen.submitted.is_none() && due.needs_time();
    Some(Choice { member: chosen.place, grade, is_timeless })
}

/// The one that may be worth most. Of equals one that is decided, then one that costs fewer late days, then the first.
fn best(all: &[Judged<'_>]) -> usize {
    let rank = |one: &Judged<'_>| {
        let costs = (one.member.undecided > 0, one.cost.late_days);
        (std::cmp::Reverse(one.most()), costs)
    };
    (0..all.len()).min_by_key(|&at| rank(&all[at])).unwrap_or(0)
}

/// The last one before the cutoff, or simply the last one.
fn last(all: &[Judged<'_>]) -> usize {
    all.iter().rposition(|one| !one.cost.is_cut).unwrap_or(all.len().saturating_sub(1))
}

fn attempts(all: &[Judged<'_>], chosen: usize) -> Vec<Attempt> {
    let attempt = |(at, one): (usize, &Judged<'_>)| Attempt {
        name: one.member.entry.handed_in.attempt.clone().unwrap_or_else(|| (at + 1).to_string()),
        submitted: one.submitted.map(|moment| moment.to_string()),
        raw: one.member.total,
        undecided: one.member.undecided,
        points: one.points(),
        counts: at == chosen,
    };
    all.iter().enumerate().map(attempt).collect()
}
