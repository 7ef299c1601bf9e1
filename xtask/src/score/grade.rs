//! What counts: a student's points in a lab and in the whole, as the policy of the class makes them of the raw ones. Pure.

use serde::{Deserialize, Serialize};

use super::{LabScore, Points, Results, Student};

/// A student's grade in one lab, under a policy.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabGrade {
    /// The points that count. `None`: nobody has decided yet, or the student is excused.
    pub points: Option<Points>,
    /// How many percent of the raw points were taken away.
    pub penalty: u32,
    /// Late days that were spent so that they cost nothing.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub late_days: u32,
    /// Whether the lab is left out for this student.
    #[serde(default, skip_serializing_if = "is_false")]
    pub excused: bool,
    /// Whether the lab is one of the lowest, which do not count.
    #[serde(default, skip_serializing_if = "is_false")]
    pub dropped: bool,
    /// Why the points are what they are: `2 days late, 1 late day spent: −10 %`. Empty where there is nothing to say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// When the work that counts was handed in, if anybody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted: Option<String>,
    /// Every attempt, in order, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
}

/// One of several attempts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// What it is called: `2`.
    pub name: String,
    /// When it was handed in, if anybody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted: Option<String>,
    /// The raw points.
    pub raw: u32,
    /// Raw points nobody has decided yet.
    pub undecided: u32,
    /// What it would count. `None`: nobody has decided yet.
    pub points: Option<Points>,
    /// Whether it is the one that counts.
    pub counts: bool,
}

/// A student's grade in the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// The points that count, times the weights of their labs. `None`: nobody has decided yet.
    pub points: Option<Points>,
    /// What could be had: without excused and dropped labs.
    pub max: Points,
    /// The points in percent of it. `None` also where there is nothing to be had.
    pub percent: Option<Points>,
}

/// What stands in a gradebook for a lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// These points.
    Points(Points),
    /// Nothing was handed in.
    Absent,
    /// The student is excused.
    Excused,
    /// Nobody has decided yet.
    Undecided,
}

impl LabScore {
    /// What counts. Without a policy these are the raw points.
    #[must_use]
    pub fn counts(&self) -> Counts {
        match &self.grade {
            Some(grade) if grade.excused => Counts::Excused,
            _ if !self.handed_in => Counts::Absent,
            Some(grade) => grade.points.map_or(Counts::Undecided, Counts::Points),
            None if self.undecided > 0 => Counts::Undecided,
            None => Counts::Points(Points::whole(self.points)),
        }
    }

    /// The raw points, where they are not what counts.
    #[must_use]
    pub fn raw_if_other(&self) -> Option<u32> {
        let raw = Counts::Points(Points::whole(self.points));
        (self.handed_in && self.undecided == 0 && self.counts() != raw).then_some(self.points)
    }
}

impl Student {
    /// What counts in the whole. Without a policy these are the raw points.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let all = |counts: Counts| self.labs.iter().all(|score| score.counts() == counts);
        match &self.total_grade {
            _ if all(Counts::Absent) => Counts::Absent,
            _ if all(Counts::Excused) => Counts::Excused,
            Some(total) => total.points.map_or(Counts::Undecided, Counts::Points),
            None if self.undecided > 0 => Counts::Undecided,
            None => Counts::Points(Points::whole(self.total)),
        }
    }
}

impl Results {
    /// Whether students may see what this check is and says.
    #[must_use]
    pub fn is_revealed(&self, lab: &str, check: &str) -> bool {
        let mut labs = self.labs.iter().filter(|other| other.head.lab == lab);
        let mut checks = labs.by_ref().flat_map(|lab| &lab.head.milestones).flat_map(|m| &m.checks);
        !checks.any(|info| info.name == check && info.hidden)
    }

    /// Whether a policy made the grades.
    #[must_use]
    pub fn has_policy(&self) -> bool {
        self.students.iter().any(|student| student.total_grade.is_some())
    }

    /// The same as students may see it: of a hidden check the points, and neither its name nor what it says.
    #[must_use]
    pub fn as_students_see(&self) -> Self {
        let mut results = self.clone();
        for lab in &mut results.labs {
            let mut at = 0;
            for milestone in &mut lab.head.milestones {
                for (number, info) in (1..).zip(&mut milestone.checks) {
                    if info.hidden {
                        info.sentence = format!("hidden check {number} of {}", milestone.id);
                        info.name = format!("{}_hidden::check_{number}", milestone.id);
                        for member in &mut lab.members {
                            member.hide(at, &info.name);
                        }
                    }
                    at += 1;
                }
            }
        }
        results
    }
}

impl super::Member {
    /// Leaves away what the check at this place says. What the failures look like together would tell of it, too.
    fn hide(&mut self, at: usize, name: &str) {
        let Some(check) = self.checks.get_mut(at) else { return };
        let is_missed = check.points < check.max;
        name.clone_into(&mut check.check);
        check.text.clear();
        check.detail.clear();
        if is_missed {
            self.likely.clear();
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_nothing(number: &u32) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(super) fn is_false(is: &bool) -> bool {
    !is
}
