//! Pure: a student's labs added up, with their weights, without the excused and the lowest ones.

use crate::score::{LabScore, Points, Total};

/// A lab that may count: what it has at most, and its weight.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) max: u32,
    pub(super) weight: u32,
}

/// Adds up the labs of a student; notes their weights, marks those that are dropped. `parts` has one for each score.
pub(super) fn total(scores: &mut [LabScore], parts: &[Part], drop: u32) -> Total {
    for (score, part) in scores.iter_mut().zip(parts) {
        if let Some(grade) = &mut score.grade {
            grade.weight = Some(part.weight).filter(|weight| *weight != 1);
        }
    }
    let is_excused = |score: &LabScore| score.grade.as_ref().is_some_and(|grade| grade.excused);
    let points = |score: &LabScore| score.grade.as_ref().and_then(|grade| grade.points);
    let mut counting: Vec<usize> =
        (0..scores.len()).filter(|&at| parts[at].weight > 0 && !is_excused(&scores[at])).collect();
    let is_decided = counting.iter().all(|&at| points(&scores[at]).is_some());
    if is_decided {
        let share = |at: usize| (points(&scores[at]).unwrap_or_default(), parts[at].max);
        let mut lowest = counting.clone();
        // Stable: of equals the earlier lab is dropped.
        lowest.sort_by(|&one, &other| Points::compare_shares(share(one), share(other)));
        // One lab always counts.
        lowest.truncate((drop as usize).min(counting.len().saturating_sub(1)));
        counting.retain(|at| !lowest.contains(at));
        for at in lowest {
            if let Some(grade) = &mut scores[at].grade {
                grade.dropped = true;
            }
        }
    }
    let of = |at: &usize| points(&scores[*at]).map(|points| points.times(parts[*at].weight));
    let points: Option<Points> =
        counting.iter().map(of).collect::<Option<Vec<_>>>().map(|all| all.into_iter().sum());
    let max = counting.iter().map(|&at| Points::whole(parts[at].max).times(parts[at].weight)).sum();
    Total { points, max, percent: points.and_then(|points| points.in_percent(max)) }
}
