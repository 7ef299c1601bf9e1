//! Pure: the text of a policy read, and its rules. Every problem has its line and column.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;
use toml::{Spanned, Value};

use super::time::{self, DAY, Moment, Wrong};
use super::{Count, Extension, LabRules, Penalty, Policy, Reveal, Step};

/// The labs of a course by id, each with its milestones and checks.
pub(crate) type Course = BTreeMap<String, BTreeSet<String>>;

/// A weight above this is a mistake, and sums of them stay small.
const MAX_WEIGHT: u32 = 10_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPolicy {
    offset: Option<Spanned<String>>,
    times: Option<String>,
    #[serde(default)]
    grace_minutes: u32,
    count: Option<Count>,
    #[serde(default)]
    late_days: u32,
    #[serde(default)]
    drop: u32,
    reveal: Option<Spanned<Value>>,
    #[serde(default)]
    penalty: RawPenalty,
    #[serde(default)]
    labs: BTreeMap<Spanned<String>, RawLab>,
    #[serde(default, rename = "extension")]
    extensions: Vec<RawExtension>,
    #[serde(default)]
    excused: Vec<RawExcused>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPenalty {
    percent: Option<Spanned<u32>>,
    #[serde(default)]
    per: Step,
    floor: Option<Spanned<u32>>,
    cutoff_days: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLab {
    deadline: Option<Spanned<Value>>,
    cutoff: Option<Spanned<Value>>,
    weight: Option<Spanned<u32>>,
    #[serde(default)]
    hidden: Vec<Spanned<String>>,
    reveal: Option<Spanned<Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExtension {
    student: Spanned<String>,
    lab: Option<Spanned<String>>,
    #[serde(default)]
    days: u32,
    #[serde(default)]
    minutes: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExcused {
    student: Spanned<String>,
    lab: Option<Spanned<String>>,
}

/// What is wrong with a policy, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub text: String,
}

/// `12:5: weight 0.5 …`, to stand behind the file's name and a colon.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.text)
    }
}

impl Policy {
    /// Reads a policy. What it names must be in `course`, if one is given.
    ///
    /// # Errors
    /// Every rule that is broken, in the order of lines.
    pub fn parse(text: &str, course: Option<&Course>) -> Result<Self, Vec<Problem>> {
        let raw: RawPolicy = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            vec![problem(text, start, error.message().replace('\n', ", "))]
        })?;
        let mut reader = Reader { text, course, offset: None, problems: Vec::new() };
        let policy = reader.policy(raw);
        let mut problems = reader.problems;
        problems.sort_by_key(|problem| (problem.line, problem.column));
        if problems.is_empty() { Ok(policy) } else { Err(problems) }
    }
}

fn problem(text: &str, offset: usize, what: String) -> Problem {
    let before = text.get(..offset).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.matches('\n').count() + 1;
    Problem { line, column: before[start..].chars().count() + 1, text: what }
}

struct Reader<'a> {
    text: &'a str,
    course: Option<&'a Course>,
    /// The offset of local times.
    offset: Option<i16>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn wrong<T>(&mut self, at: &Spanned<T>, what: impl Into<String>) {
        self.problems.push(problem(self.text, at.span().start, what.into()));
    }

    fn policy(&mut self, raw: RawPolicy) -> Policy {
        // First: every time may need it.
        self.offset = raw.offset.and_then(|written| {
            let offset = time::offset(written.get_ref());
            if offset.is_none() {
                self.wrong(&written, format!("offset {:?} is not one such as \"+02:00\"", written.get_ref()));
            }
            offset
        });
        let reveal = raw.reveal.and_then(|written| self.reveal(&written)).unwrap_or(Reveal::Never);
        let labs = raw.labs.into_iter().map(|(id, lab)| self.lab(id, lab, reveal)).collect();
        Policy {
            offset: self.offset,
            times: raw.times,
            grace: i64::from(raw.grace_minutes) * 60,
            count: raw.count,
            late_days: raw.late_days,
            drop: raw.drop,
            penalty: self.penalty(raw.penalty),
            labs,
            extensions: raw.extensions.into_iter().map(|one| self.extension(one)).collect(),
            excused: raw.excused.into_iter().map(|one| self.excused(one)).collect(),
        }
    }

    fn penalty(&mut self, raw: RawPenalty) -> Penalty {
        let mut percent = |written: Option<Spanned<u32>>| match written {
            Some(written) if *written.get_ref() > 100 => {
                self.wrong(&written, "a percentage is at most 100");
                0
            }
            written => written.map_or(0, Spanned::into_inner),
        };
        let (percent, floor) = (percent(raw.percent), percent(raw.floor));
        Penalty { percent, per: raw.per, floor, cutoff: raw.cutoff_days.map(|days| i64::from(days) * DAY) }
    }

    fn lab(&mut self, id: Spanned<String>, raw: RawLab, reveal: Reveal) -> (String, LabRules) {
        self.is_lab(&id);
        for name in &raw.hidden {
            let of_lab = self.course.and_then(|course| course.get(id.get_ref()));
            if of_lab.is_some_and(|names| !names.contains(name.get_ref())) {
                let what = format!("lab {} has no milestone and no check {:?}", id.get_ref(), name.get_ref());
                self.wrong(name, what);
            }
        }
        let deadline = raw.deadline.as_ref().and_then(|written| self.moment(written));
        let cutoff = raw.cutoff.as_ref().and_then(|written| self.moment(written));
        if let (Some(deadline), Some(cutoff), Some(written)) = (deadline, cutoff, &raw.cutoff)
            && cutoff.second < deadline.second
        {
            self.wrong(written, "the cutoff is before the deadline");
        }
        if let Some(weight) = raw.weight.as_ref().filter(|weight| *weight.get_ref() > MAX_WEIGHT) {
            self.wrong(weight, format!("a weight is at most {MAX_WEIGHT}"));
        }
        let rules = LabRules {
            deadline,
            cutoff,
            weight: raw.weight.map_or(1, Spanned::into_inner),
            hidden: raw.hidden.into_iter().map(Spanned::into_inner).collect(),
            reveal: raw.reveal.and_then(|written| self.reveal(&written)).unwrap_or(reveal),
        };
        (id.into_inner(), rules)
    }

    fn is_lab(&mut self, id: &Spanned<String>) {
        let text = id.get_ref();
        if text.len() != 2 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            self.wrong(id, format!("lab {text:?} is not two digits, such as 01"));
        } else if self.course.is_some_and(|course| !course.contains_key(text)) {
            self.wrong(id, format!("there is no lab {text}"));
        }
    }

    fn extension(&mut self, raw: RawExtension) -> Extension {
        if let Some(lab) = &raw.lab {
            self.is_lab(lab);
        }
        let seconds = i64::from(raw.days) * DAY + i64::from(raw.minutes) * 60;
        if seconds == 0 {
            self.wrong(&raw.student, "an extension needs `days` or `minutes`");
        }
        let lab = raw.lab.map(Spanned::into_inner);
        Extension { student: raw.student.into_inner(), lab, seconds }
    }

    fn excused(&mut self, raw: RawExcused) -> (String, Option<String>) {
        if let Some(lab) = &raw.lab {
            self.is_lab(lab);
        }
        (raw.student.into_inner(), raw.lab.map(Spanned::into_inner))
    }

    /// A time, as TOML's own or in quotes.
    fn moment(&mut self, written: &Spanned<Value>) -> Option<Moment> {
        let read = match written.get_ref() {
            Value::Datetime(datetime) => Moment::new(datetime, self.offset),
            Value::String(text) => Moment::parse(text, self.offset),
            _ => Err(Wrong::Form),
        };
        // An offset that cannot be read is told already.
        read.map_err(|wrong| self.wrong(written, format!("{} {wrong}", written.get_ref()))).ok()
    }

    fn reveal(&mut self, written: &Spanned<Value>) -> Option<Reveal> {
        match written.get_ref() {
            Value::Boolean(true) => Some(Reveal::Now),
            Value::Boolean(false) => Some(Reveal::Never),
            _ => self.moment(written).map(Reveal::At),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn course() -> Course {
        let names = ["m1", "m1_say::it_says"].map(str::to_owned);
        ["01", "02"].into_iter().map(|lab| (lab.to_owned(), names.iter().cloned().collect())).collect()
    }

    #[test]
    fn an_empty_policy_takes_nothing_away() {
        assert_eq!(Policy::parse("", Some(&course())).unwrap(), Policy::default());
    }

    #[rstest]
    #[case::no_toml("grace_minutes = \n", "1:17: string values must be quoted, expected literal string")]
    #[case::unknown_key("drop = 1\nlate_day = 2\n", "2:1: unknown field `late_day`")]
    #[case::unknown_key_below("[labs.01]\nwieght = 2\n", "2:1: unknown field `wieght`")]
    #[case::a_fraction("[labs.01]\nweight = 1.5", "2:10: invalid type: floating point `1.5`, expected u32")]
    #[case::a_negative_number("late_days = -1", "1:13: invalid value: integer `-1`, expected u32")]
    #[case::another_word("count = \"first\"", "1:9: unknown variant `first`, expected `best` or `last`")]
    #[case::no_offset("[labs.01]\ndeadline = 2026-10-12T23:59:00", "2:12: 2026-10-12T23:59:00 has no offset")]
    #[case::no_time("[labs.01]\ndeadline = 2026-10-12", "2:12: 2026-10-12 has no time of day")]
    #[case::no_such_day(
        "[labs.01]\ndeadline = \"2026-02-29T00:00:00Z\"",
        "2:12: \"2026-02-29T00:00:00Z\" is no time"
    )]
    #[case::no_such_zone("offset = \"CET\"", "1:10: offset \"CET\" is not one such as \"+02:00\"")]
    #[case::no_date("reveal = 7", "1:10: 7 is no time")]
    #[case::cutoff_first(
        "[labs.01]\ndeadline = 2026-10-12T00:00:00Z\ncutoff = 2026-10-11T00:00:00Z",
        "3:10: the cutoff is before the deadline"
    )]
    #[case::too_many_percent("[penalty]\npercent = 101", "2:11: a percentage is at most 100")]
    #[case::weight("[labs.01]\nweight = 10001", "2:10: a weight is at most 10000")]
    #[case::one_digit("[labs.1]\n", "1:7: lab \"1\" is not two digits, such as 01")]
    #[case::no_such_lab("[labs.07]\n", "1:7: there is no lab 07")]
    #[case::no_such_lab_for_somebody("[[excused]]\nstudent = \"a\"\nlab = \"09\"", "3:7: there is no lab 09")]
    #[case::no_such_check(
        "[labs.02]\nhidden = [\"m1\", \"m7\"]",
        "2:17: lab 02 has no milestone and no check \"m7\""
    )]
    #[case::no_more_time("[[extension]]\nstudent = \"a\"", "2:11: an extension needs `days` or `minutes`")]
    #[case::nobody("[[excused]]\nlab = \"01\"", "1:1: missing field `student`")]
    fn what_is_wrong_is_told_with_its_place(#[case] text: &str, #[case] expected: &str) {
        let problems = Policy::parse(text, Some(&course())).unwrap_err();
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(told.len() == 1 && told[0].starts_with(expected) && !told[0].contains('\n'), "{told:?}");
    }

    #[test]
    fn every_problem_is_told_in_the_order_of_lines() {
        let text = "reveal = 7\n[labs.01]\nweight = 99999\n[labs.ü]\n";
        let problems = Policy::parse(text, Some(&course()));
        let text = "reveal = 7\n[labs.01]\nweight = 99999\n[labs.09]\n";
        let lines = |text| {
            let problems = Policy::parse(text, Some(&course())).unwrap_err();
            problems.iter().map(|problem| problem.line).collect::<Vec<_>>()
        };
        assert_eq!((lines(text), problems.unwrap_err().len()), (vec![1, 3, 4], 1));
    }

    #[test]
    fn an_offset_may_stand_once_for_all_times() {
        let text = "offset = \"+02:00\"\n[labs.01]\ndeadline = 2026-10-12 23:59:00\ncutoff = \"2026-10-20T00:00:00Z\"";
        let lab = Policy::parse(text, None).unwrap().lab("01");
        let told = [lab.deadline, lab.cutoff].map(|moment| moment.unwrap().to_string());
        assert_eq!(told, ["2026-10-12T23:59:00+02:00", "2026-10-20T00:00:00Z"]);
    }

    #[test]
    fn a_lab_shows_its_hidden_checks_when_the_class_does_unless_it_says_otherwise() {
        let text = "reveal = true\n[labs.01]\nhidden = [\"m1\"]\n[labs.02]\nreveal = false\n";
        let policy = Policy::parse(text, None).unwrap();
        assert_eq!((policy.lab("01").reveal, policy.lab("02").reveal), (Reveal::Now, Reveal::Never));
    }
}
