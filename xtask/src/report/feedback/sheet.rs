//! What a student is told, in either form: texts are printable and cut here, and nothing else leaves the results. Pure.

use sandbox::protocol::Verdict;

use super::course::Course;
use crate::outcome::CheckOutcome;
use crate::report::clusters::is_missed;
use crate::report::{graded_at, grades, number};
use crate::score::{CheckInfo, LabResults, LabScore, Member, Milestone, MilestoneScore, Results};
use crate::show;
use crate::text::{one_line, printable};

/// The text of a check: rows, bytes.
const TEXT: (usize, usize) = (60, 8 << 10);
/// What stands behind it.
const DETAIL: (usize, usize) = (400, 32 << 10);
/// A sentence of the grader.
const SENTENCE: usize = 1000;

/// A student's sheet.
pub(super) struct Sheet<'a> {
    pub(super) name: String,
    /// `87 of 100 points`; under a policy what counts.
    pub(super) sum: String,
    /// Whether a policy made the grades.
    pub(super) has_policy: bool,
    /// When grading began, for people.
    pub(super) graded: String,
    /// One for each lab of the run.
    pub(super) parts: Vec<Part<'a>>,
}

/// What is told of one lab.
pub(super) struct Part<'a> {
    pub(super) lab: &'a str,
    pub(super) title: &'a str,
    pub(super) max: u32,
    score: &'a LabScore,
    /// How the grade came about; nothing without a policy.
    pub(super) how: Vec<String>,
    /// Nothing where nothing was handed in.
    pub(super) work: Option<Work<'a>>,
}

/// What is told of a lab that was handed in.
pub(super) struct Work<'a> {
    pub(super) summary: String,
    pub(super) likely: Vec<String>,
    /// What was ignored or refused.
    pub(super) notes: Vec<String>,
    pub(super) compile_error: Option<String>,
    pub(super) milestones: Vec<(&'a Milestone, &'a MilestoneScore)>,
    pub(super) next: Option<Next<'a>>,
    pub(super) failures: Vec<Failure<'a>>,
    /// Checks that have no verdict through no fault of the program; a hidden one has no name here.
    pub(super) open: Vec<&'a CheckInfo>,
    pub(super) passed: Vec<&'a CheckInfo>,
}

/// The milestone to go on with, and its first hint.
pub(super) struct Next<'a> {
    pub(super) milestone: &'a Milestone,
    pub(super) hint: Option<&'a str>,
}

/// A check that was missed.
pub(super) struct Failure<'a> {
    /// `m3.2`, as in the list of checks.
    pub(super) place: String,
    pub(super) check: &'a CheckInfo,
    pub(super) verdict: Verdict,
    pub(super) text: String,
    pub(super) detail: Option<String>,
    /// The command that runs it again on the same challenges.
    pub(super) again: String,
}

impl<'a> Sheet<'a> {
    /// The sheet of the student at this place.
    pub(super) fn new(results: &'a Results, at: usize, course: &'a Course) -> Self {
        let student = &results.students[at];
        let parts = student.labs.iter().zip(&results.labs);
        Self {
            name: one_line(&student.name, 200),
            sum: grades::whole_in_words(student, results.max()),
            has_policy: student.total_grade.is_some(),
            graded: graded_at(&results.run),
            parts: parts.map(|(score, lab)| Part::new(score, lab, course)).collect(),
        }
    }
}

impl<'a> Part<'a> {
    fn new(score: &'a LabScore, lab: &'a LabResults, course: &'a Course) -> Self {
        let member = score.member.filter(|_| score.handed_in).map(|at| &lab.members[at]);
        Self {
            lab: &lab.head.lab,
            title: &lab.head.title,
            max: lab.head.max(),
            score,
            how: grades::how(score, lab.head.max()),
            work: member.map(|member| Work::new(lab, member, course)),
        }
    }

    /// What counts: `87`, or `80+7?` when points are undecided; `–` where nothing was handed in, `EX` for who is excused.
    pub(super) fn points(&self) -> String {
        grades::lab(self.score)
    }

    /// What the checks gave: `87`, or `80+7?`; `–` where nothing was handed in.
    pub(super) fn raw(&self) -> String {
        match self.score.handed_in {
            true => number(self.score.points, self.score.undecided),
            false => grades::ABSENT.to_owned(),
        }
    }

    /// Why the points that count are others, in a few words.
    pub(super) fn why(&self) -> String {
        let Some(grade) = &self.score.grade else { return String::new() };
        let weight = grade.weight.map(|weight| match weight {
            0 => "does not count".to_owned(),
            weight => format!("counts {weight} times"),
        });
        let dropped = grade.dropped.then(|| "dropped".to_owned());
        let reason = Some(grade.reason.clone()).filter(|reason| !reason.is_empty());
        [reason, weight, dropped].into_iter().flatten().collect::<Vec<_>>().join("; ")
    }

    /// Each attempt in cells, and whether it counts; nothing where there is one.
    pub(super) fn attempts(&self) -> impl Iterator<Item = ([String; 4], bool)> {
        let attempts = self.score.grade.as_ref().map_or(&[][..], |grade| grade.attempts.as_slice());
        attempts.iter().map(|one| (grades::attempt(one), one.counts))
    }
}

impl<'a> Work<'a> {
    fn new(lab: &'a LabResults, member: &'a Member, course: &'a Course) -> Self {
        let clean = |text: &str, (rows, bytes)| printable(&course.without_paths(text), rows, bytes);
        let line = |text: &str| one_line(&course.without_paths(text), SENTENCE);
        let failures = if member.was_run() { failures(lab, member, course) } else { Vec::new() };
        let first = failures.first().and_then(|failure| milestone_of(lab, failure.check));
        let hint = |milestone: &Milestone| course.hint(&lab.head.lab, &milestone.id);
        let with = |is: fn(Verdict) -> bool| {
            let all = lab.head.milestones.iter().flat_map(|milestone| &milestone.checks).zip(&member.checks);
            all.filter(|(_, outcome)| is(outcome.verdict)).map(|(check, _)| check).collect::<Vec<_>>()
        };
        Self {
            // Without the grade, which has its own part.
            summary: line(&member.what_happened(&lab.head.milestones)),
            likely: likely(lab, member, course).iter().map(|cause| one_line(cause, SENTENCE)).collect(),
            notes: member.entry.notes.iter().map(|note| line(note)).collect(),
            compile_error: member.compile_error.as_ref().map(|error| clean(error, TEXT)),
            milestones: lab.head.milestones.iter().zip(&member.milestones).collect(),
            next: first.map(|milestone| Next { milestone, hint: hint(milestone) }),
            failures,
            open: if member.undecided > 0 { with(is_open) } else { Vec::new() },
            passed: with(|verdict| verdict == Verdict::Pass)
                .into_iter()
                .filter(|check| !check.hidden)
                .collect(),
        }
    }
}

/// What is probably wrong. Where checks are hidden, what is known without them.
fn likely(lab: &LabResults, member: &Member, course: &Course) -> Vec<String> {
    if !lab.has_hidden() {
        return member.likely.clone();
    }
    let infos = lab.head.milestones.iter().flat_map(|milestone| &milestone.checks);
    let seen = infos.zip(&member.checks).filter(|(info, _)| !info.hidden);
    course.likely(&lab.head.lab, &seen.map(|(_, outcome)| outcome.clone()).collect::<Vec<_>>())
}

fn failures<'a>(lab: &'a LabResults, member: &'a Member, course: &'a Course) -> Vec<Failure<'a>> {
    let clean = |text: &str, (rows, bytes)| printable(&course.without_paths(text), rows, bytes);
    let places = lab.head.milestones.iter().flat_map(|milestone| {
        let numbered = (1..).zip(&milestone.checks);
        numbered.map(move |(number, check)| (format!("{}.{number}", milestone.id), check))
    });
    let seen = places.zip(&member.checks).filter(|((_, check), _)| !check.hidden);
    let missed = seen.filter(|(_, outcome)| is_missed(outcome.verdict));
    let failure = |((place, check), outcome): ((String, &'a CheckInfo), &'a CheckOutcome)| Failure {
        place,
        check,
        verdict: outcome.verdict,
        text: clean(&show::body(outcome).join("\n"), TEXT),
        detail: (!outcome.detail.is_empty()).then(|| clean(&outcome.detail, DETAIL)),
        again: show::again(&lab.head.lab, outcome),
    };
    missed.map(failure).collect()
}

fn milestone_of<'a>(lab: &'a LabResults, check: &CheckInfo) -> Option<&'a Milestone> {
    lab.head.milestones.iter().find(|milestone| milestone.checks.iter().any(|other| other.name == check.name))
}

fn is_open(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::NotRun | Verdict::GraderError)
}
