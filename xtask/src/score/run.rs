//! All labs of a run together: one row a student. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{LabGrade, LabResults, Member, Run, Total};

/// A graded run: `results.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Results {
    /// The circumstances.
    #[serde(flatten)]
    pub run: Run,
    /// Whether every check of every member of every lab has its verdict.
    pub complete: bool,
    /// One row for each name, in the order of the labs' members.
    pub students: Vec<Student>,
    /// In the order of their ids.
    pub labs: Vec<LabResults>,
}

/// A student's row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Student {
    /// The folder's name, or the name in the sample class.
    pub name: String,
    /// Points earned in all labs of the run.
    pub total: u32,
    /// Points nobody has decided yet.
    pub undecided: u32,
    /// One for each lab of the run.
    pub labs: Vec<LabScore>,
    /// What counts in the whole, under a policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_grade: Option<Total>,
}

/// A student's points in one lab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabScore {
    /// `02`.
    pub lab: String,
    /// Points earned.
    pub points: u32,
    /// Points nobody has decided yet.
    pub undecided: u32,
    /// Whether anything of the lab was handed in.
    pub handed_in: bool,
    /// The student's place among the lab's members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<usize>,
    /// What counts, under a policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grade: Option<LabGrade>,
}

impl Results {
    /// Adds up a run.
    #[must_use]
    pub fn new(run: Run, labs: Vec<LabResults>) -> Self {
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let mut students: Vec<Student> = Vec::new();
        for (number, lab) in labs.iter().enumerate() {
            for (at, member) in lab.members.iter().enumerate() {
                let name = member.entry.name.as_str();
                let place = *places.entry(name).or_insert_with(|| {
                    students.push(Student::new(name, &labs));
                    students.len() - 1
                });
                students[place].add(number, at, member);
            }
        }
        Self { run, complete: labs.iter().all(|lab| lab.complete), students, labs }
    }

    /// The points to be earned in all labs.
    #[must_use]
    pub fn max(&self) -> u32 {
        self.labs.iter().map(|lab| lab.head.max()).sum()
    }

    /// The members of every lab.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.labs.iter().flat_map(|lab| &lab.members)
    }

    /// How many members of the sample class are as expected, and how many there are. `None`: it is another class.
    #[must_use]
    pub fn expected(&self) -> Option<(usize, usize)> {
        expected(self.members())
    }
}

impl LabResults {
    /// The same of one lab.
    #[must_use]
    pub fn expected(&self) -> Option<(usize, usize)> {
        expected(self.members.iter())
    }
}

fn expected<'a>(members: impl Iterator<Item = &'a Member>) -> Option<(usize, usize)> {
    let met: Vec<bool> = members.filter_map(|m| m.expectation.as_ref().map(|e| e.met)).collect();
    (!met.is_empty()).then(|| (met.iter().filter(|met| **met).count(), met.len()))
}

impl Student {
    fn new(name: &str, labs: &[LabResults]) -> Self {
        let nothing = |lab: &LabResults| LabScore {
            lab: lab.head.lab.clone(),
            points: 0,
            undecided: 0,
            handed_in: false,
            member: None,
            grade: None,
        };
        let labs = labs.iter().map(nothing).collect();
        Self { name: name.to_owned(), total: 0, undecided: 0, labs, total_grade: None }
    }

    fn add(&mut self, lab: usize, at: usize, member: &Member) {
        let score = &mut self.labs[lab];
        score.points = member.total;
        score.undecided = member.undecided;
        score.handed_in = !member.is_absent();
        score.member = Some(at);
        self.total += member.total;
        self.undecided += member.undecided;
    }
}
