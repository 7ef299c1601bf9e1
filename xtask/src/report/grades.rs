//! What counts, in the words of a page: a lab's cell, the whole, and for a student how each grade came about. Pure.

use super::csv::EXCUSED;
use super::number;
use crate::score::{Attempt, Counts, LabScore, Points, Student};

/// What stands for nothing handed in.
pub(super) const ABSENT: &str = "–";

/// What counts of a lab: `78.3`, `EX`, `–`; `80+7?` where points are undecided.
pub(super) fn lab(score: &LabScore) -> String {
    match score.counts() {
        Counts::Points(points) => points.to_string(),
        Counts::Absent => ABSENT.to_owned(),
        Counts::Excused => EXCUSED.to_owned(),
        Counts::Undecided => number(score.points, score.undecided),
    }
}

/// The same, and whether it is dropped.
pub(super) fn lab_with_mark(score: &LabScore) -> String {
    format!("{}{}", lab(score), dropped(score))
}

/// The same with the raw points, where they are others.
pub(super) fn lab_with_raw(score: &LabScore) -> String {
    let raw = score.raw_if_other().map_or_else(String::new, |raw| format!(" (raw {raw})"));
    format!("{}{raw}{}", lab(score), dropped(score))
}

fn dropped(score: &LabScore) -> &'static str {
    if score.grade.as_ref().is_some_and(|grade| grade.dropped) { " dropped" } else { "" }
}

/// Under a policy the points that count and what they are in percent.
pub(super) fn whole(student: &Student) -> String {
    match (&student.total_grade, student.counts()) {
        (None, _) => number(student.total, student.undecided),
        (Some(total), Counts::Points(points)) => match total.percent {
            Some(percent) => format!("{points}/{} = {percent} %", total.max),
            None => points.to_string(),
        },
        (Some(_), Counts::Absent) => ABSENT.to_owned(),
        (Some(_), Counts::Excused) => EXCUSED.to_owned(),
        (Some(_), Counts::Undecided) => "?".to_owned(),
    }
}

/// The whole in a student's words: `171 of 200 points, 85.5 %`.
pub(super) fn whole_in_words(student: &Student, max: u32) -> String {
    let Some(total) = &student.total_grade else {
        return format!("{} of {max} points", number(student.total, student.undecided));
    };
    match student.counts() {
        Counts::Points(points) => {
            let percent = total.percent.map_or_else(String::new, |percent| format!(", {percent} %"));
            format!("{points} of {} points{percent}", total.max)
        }
        // Of absent labs alone, which count.
        Counts::Absent => format!("0 of {} points", total.max),
        Counts::Excused => "Excused: there is no total".to_owned(),
        Counts::Undecided => format!("Not decided yet, of {} points", total.max),
    }
}

/// How a lab's grade came about, in sentences. Nothing without a policy.
pub(super) fn how(score: &LabScore, max: u32) -> Vec<String> {
    let Some(grade) = &score.grade else { return Vec::new() };
    if grade.excused {
        return vec!["You are excused from this lab: it is left out of the total.".to_owned()];
    }
    let raw = match score.handed_in {
        true => format!("The checks gave {} of {max} points.", number(score.points, score.undecided)),
        false => "Nothing was handed in: it counts as 0 points.".to_owned(),
    };
    let counts = match grade.points {
        Some(points) if score.handed_in => Some(format!("Points that count: {points}.")),
        Some(_) => None,
        None => Some("There is no grade as long as points are undecided.".to_owned()),
    };
    let weight = grade.weight.map(|weight| match weight {
        0 => "The lab does not count in the total.".to_owned(),
        weight => format!("The lab counts {weight} times in the total."),
    });
    let dropped =
        grade.dropped.then(|| "It is one of your lowest labs, which do not count in the total.".to_owned());
    let submitted = grade.submitted.as_ref().map(|at| format!("Handed in {}.", moment(at)));
    let reason =
        Some(&grade.reason).filter(|reason| !reason.is_empty()).map(|reason| format!("{}.", capital(reason)));
    [Some(raw), submitted, reason, counts, weight, dropped].into_iter().flatten().collect()
}

/// An attempt in the cells of a table: what it is called, when, the checks' points, what it would count.
pub(super) fn attempt(attempt: &Attempt) -> [String; 4] {
    let points = attempt.points.as_ref().map_or_else(|| "?".to_owned(), Points::to_string);
    let at = attempt.submitted.as_deref().map_or_else(|| ABSENT.to_owned(), moment);
    [attempt.name.clone(), at, number(attempt.raw, attempt.undecided), points]
}

/// `2026-10-12T23:59:59+02:00` for people.
fn moment(at: &str) -> String {
    at.replacen('T', " ", 1)
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
