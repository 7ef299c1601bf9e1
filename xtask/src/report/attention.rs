//! Whose grade a teacher must look at before it counts, and why. Pure.

use sandbox::protocol::Verdict;

use crate::score::{LabResults, Member, Standing};

/// Why a member needs a look; the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// A check ended in an error of the grader.
    GraderError,
    /// The files do not say of which lab they are.
    Unclear,
    /// Checks have not run: the run was interrupted.
    NotFinished,
    /// Something was handed in that could not be taken; it has no points.
    NotTaken,
    /// A member of the sample class got other verdicts than it must.
    NotAsExpected,
}

impl Reason {
    const ALL: [Self; 5] =
        [Self::GraderError, Self::Unclear, Self::NotFinished, Self::NotTaken, Self::NotAsExpected];

    /// After a count: `2 with an error of the grader`.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::GraderError => "with an error of the grader",
            Self::Unclear => "with files of an unknown lab",
            Self::NotFinished => "not finished",
            Self::NotTaken => "could not be graded",
            Self::NotAsExpected => "not as expected",
        }
    }

    /// What it means for the grade, and what to do.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::GraderError => {
                "The grader failed, not the program: these points are undecided. Grade again; if it stays, tell the authors of the \
                 course."
            }
            Self::Unclear => {
                "Nobody knows of which lab the files are: all points are undecided. Name the lab with --lab and grade again."
            }
            Self::NotFinished => "The run was interrupted: these points are undecided. Go on with --resume.",
            Self::NotTaken => {
                "Something was handed in and has 0 points, because it could not be taken. Read why."
            }
            Self::NotAsExpected => {
                "The sample class must get these verdicts; it did not. Do not trust the others."
            }
        }
    }
}

/// The reasons of a class in a lab, each with the places of its members. A member stands once, with the gravest.
#[must_use]
pub fn of(results: &LabResults) -> Vec<(Reason, Vec<usize>)> {
    let reasons: Vec<Option<Reason>> = results.members.iter().map(reason).collect();
    let members = |reason| {
        let have_it = reasons.iter().enumerate().filter(|(_, other)| **other == Some(reason));
        (reason, have_it.map(|(at, _)| at).collect::<Vec<_>>())
    };
    Reason::ALL.into_iter().map(members).filter(|(_, members)| !members.is_empty()).collect()
}

fn reason(member: &Member) -> Option<Reason> {
    let standing = member.entry.standing;
    if member.checks.iter().any(|check| check.verdict == Verdict::GraderError) {
        Some(Reason::GraderError)
    } else if standing == Standing::Unclear {
        Some(Reason::Unclear)
    } else if member.undecided > 0 {
        Some(Reason::NotFinished)
    } else if member.entry.refused.is_some() && standing == Standing::HandedIn {
        Some(Reason::NotTaken)
    } else if member.expectation.as_ref().is_some_and(|expectation| !expectation.met) {
        Some(Reason::NotAsExpected)
    } else {
        None
    }
}
