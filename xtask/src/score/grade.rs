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
    /// How often the lab counts in the whole, where that is not simply once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
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

    /// What counts and why, in sentences, where it is not simply the raw points.
    #[must_use]
    pub fn in_words(&self) -> Option<String> {
        let grade = self.grade.as_ref()?;
        let attempt = grade.attempts.iter().find(|attempt| attempt.counts);
        let attempt = attempt.map(|one| format!("Of {} attempts {} counts.", grade.attempts.len(), one.name));
        let points = match (grade.points, grade.reason.as_str()) {
            (_, "") => None,
            (Some(points), reason) if points == Points::whole(self.points) => {
                Some(format!("Grade {points}: {reason}."))
            }
            (Some(points), reason) => Some(format!("Grade {points} instead of {}: {reason}.", self.points)),
            (None, reason) if grade.excused => Some(format!("No grade: {reason}.")),
            (None, reason) => Some(format!("No grade yet: {reason}.")),
        };
        let parts: Vec<String> = [attempt, points].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
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
    /// Whether a policy made the grades.
    #[must_use]
    pub fn has_policy(&self) -> bool {
        self.students.iter().any(|student| student.total_grade.is_some())
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
