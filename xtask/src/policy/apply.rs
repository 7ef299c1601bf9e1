//! Pure: a policy applied to what the checks gave.
//!
//! Each student keeps one attempt a lab, each lab gets its grade, and late days are spent in the order of the labs.

use std::collections::{BTreeMap, BTreeSet};

use super::attempts::{Choice, choose};
use super::late::Due;
use super::sum::{Part, total};
use super::time::Moment;
use super::{LabRules, Policy, Reveal, Times};
use crate::score::{LabGrade, LabResults, Member, Points, Results, Run, Student};
use crate::text::one_line;

/// More names than this help nobody.
const MAX_NAMES: usize = 5;

/// What is to be told once, of the whole class.
#[derive(Default)]
struct Notes {
    /// Whose time nobody knows: `alice 01`.
    timeless: Vec<String>,
    /// Those of them whom the platform marks as late.
    late: Vec<String>,
}

impl Policy {
    /// The results of a run under this policy. `now` decides only which hidden checks are shown.
    #[must_use]
    pub fn apply(&self, times: &Times, now: Moment, run: Run, labs: Vec<LabResults>) -> Results {
        let mut notes = Notes::default();
        let mut left: BTreeMap<String, u32> = BTreeMap::new();
        let (mut settled, mut grades) = (Vec::new(), Vec::new());
        for lab in labs {
            let (lab, of_lab) = self.settle(lab, times, &mut left, &mut notes);
            settled.push(hidden(lab, &self.labs, now));
            grades.push(of_lab);
        }
        let parts: Vec<Part> = settled
            .iter()
            .map(|lab| Part { max: lab.head.max(), weight: self.lab(&lab.head.lab).weight })
            .collect();
        let mut results = Results::new(run, settled);
        for student in &mut results.students {
            self.grade(student, &mut grades, &parts);
        }
        results.run.notes.extend(self.notes(times, &notes, &results));
        tell(&mut results);
        results
    }

    /// A lab with one member a student, and each one's grade.
    fn settle(
        &self,
        mut lab: LabResults,
        times: &Times,
        left: &mut BTreeMap<String, u32>,
        notes: &mut Notes,
    ) -> (LabResults, BTreeMap<String, LabGrade>) {
        let (id, rules) = (lab.head.lab.clone(), self.lab(&lab.head.lab));
        let mut students: Vec<&str> = Vec::new();
        let mut attempts: BTreeMap<&str, Vec<(usize, &Member)>> = BTreeMap::new();
        for (place, member) in lab.members.iter().enumerate() {
            let name = member.entry.student();
            attempts.entry(name).or_insert_with(|| {
                students.push(name);
                Vec::new()
            });
            attempts.entry(name).or_default().push((place, member));
        }
        let (mut members, mut grades) = (Vec::new(), BTreeMap::new());
        for student in students {
            let due = Due::new(self, &rules, self.extension(student, &id));
            let has = *left.entry(student.to_owned()).or_insert(self.late_days);
            // Who is excused spends nothing.
            let is_excused = self.is_excused(student, &id);
            let has = if is_excused { 0 } else { has };
            let choice = choose(&attempts[student], (student, &id), &due, self.count, times, has);
            let Some(Choice { member, mut grade, is_timeless }) = choice else { continue };
            let mut member = lab.members[member].clone();
            if is_excused {
                grade = LabGrade { attempts: grade.attempts, submitted: grade.submitted, ..excused() };
            } else if is_timeless {
                notes.add(student, &id, &member);
            }
            if let Some(left) = left.get_mut(student) {
                *left -= grade.late_days;
            }
            student.clone_into(&mut member.entry.name);
            members.push(member);
            grades.insert(student.to_owned(), grade);
        }
        lab.complete = members.iter().all(|member| member.undecided == 0);
        lab.members = members;
        (lab, grades)
    }

    fn grade(&self, student: &mut Student, grades: &mut [BTreeMap<String, LabGrade>], parts: &[Part]) {
        for (score, of_lab) in student.labs.iter_mut().zip(grades) {
            let of_nobody = || match self.is_excused(&student.name, &score.lab) {
                true => excused(),
                // Nothing was handed in.
                false => LabGrade { points: Some(Points::default()), ..LabGrade::default() },
            };
            score.grade = Some(of_lab.remove(&student.name).unwrap_or_else(of_nobody));
        }
        student.total_grade = Some(total(&mut student.labs, parts, self.drop));
    }

    fn notes(&self, times: &Times, notes: &Notes, results: &Results) -> Vec<String> {
        let known: BTreeSet<&str> = results.students.iter().map(|student| student.name.as_str()).collect();
        let excused = self.excused.iter().map(|(student, _)| student.as_str());
        let named = self.extensions.iter().map(|one| one.student.as_str()).chain(excused);
        let strangers = |names: &mut dyn Iterator<Item = &str>| {
            let names: BTreeSet<&str> = names.filter(|name| !known.contains(name)).collect();
            names.into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        let told = |names: &[String], before: &str, after: &str| {
            (!names.is_empty()).then(|| format!("{before}{}{after}", listed(names)))
        };
        let no_time = "no time of hand-in is known, so nothing was taken away: ";
        let late = "the platform says late, but not when; give the time in the policy's `times`: ";
        let all = [
            told(&notes.timeless, no_time, ""),
            told(&notes.late, late, ""),
            told(&strangers(&mut named.into_iter()), "the policy names ", ", who is not in this class"),
            told(
                &strangers(&mut times.students().into_iter()),
                "the times of hand-ins name ",
                ", who is not in this class",
            ),
        ];
        all.into_iter().flatten().collect()
    }
}

impl Notes {
    fn add(&mut self, student: &str, lab: &str, member: &Member) {
        let who = format!("{student} {lab}");
        if member.entry.handed_in.is_late {
            self.late.push(who.clone());
        }
        self.timeless.push(who);
    }
}

fn excused() -> LabGrade {
    LabGrade { excused: true, reason: "excused".to_owned(), ..LabGrade::default() }
}

/// `a, b, c, d, e and 7 more`.
fn listed(names: &[String]) -> String {
    let first: Vec<String> = names.iter().take(MAX_NAMES).map(|name| one_line(name, 60)).collect();
    match names.len() - first.len() {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// Marks the checks that students do not see yet.
fn hidden(mut lab: LabResults, rules: &BTreeMap<String, LabRules>, now: Moment) -> LabResults {
    let Some(rules) = rules.get(&lab.head.lab) else { return lab };
    let is_revealed = match rules.reveal {
        Reveal::Never => false,
        Reveal::Now => true,
        Reveal::At(moment) => now.second >= moment.second,
    };
    for milestone in &mut lab.head.milestones {
        let is_whole = rules.hidden.contains(&milestone.id);
        for check in &mut milestone.checks {
            check.hidden = !is_revealed && (is_whole || rules.hidden.contains(&check.name));
        }
    }
    lab
}

/// Says in each member's summary what counts, where it is not simply the raw points.
fn tell(results: &mut Results) {
    let Results { students, labs, .. } = results;
    for student in students {
        for (score, lab) in student.labs.iter().zip(&mut *labs) {
            let member = score.member.and_then(|at| lab.members.get_mut(at));
            if let (Some(member), Some(words)) = (member, score.in_words()) {
                member.summary = format!("{} {words}", member.summary);
            }
        }
    }
}

#[cfg(test)]
mod tests;
