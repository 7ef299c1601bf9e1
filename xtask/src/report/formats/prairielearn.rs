//! PrairieLearn's `results.json`.
//!
//! Traps: the score is a fraction; a test without points or without the most it can get switches off the detail of all. What
//! does not compile, and what the grader itself could not do, is not gradable: it uses up no attempt.

use anyhow::Result;
use serde::Serialize;

use super::{Graded, json};

#[derive(Serialize)]
struct File {
    gradable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    format_errors: Vec<String>,
    message: String,
    tests: Vec<Test>,
}

#[derive(Serialize)]
struct Test {
    name: String,
    points: u32,
    max_points: u32,
    message: String,
}

pub(super) fn render(graded: &Graded<'_>) -> Result<Vec<u8>> {
    let member = graded.member;
    let gradable = member.was_run() && member.undecided == 0;
    let test = |test: super::Test<'_>| Test {
        name: test.info.sentence.clone(),
        points: test.outcome.points,
        max_points: test.outcome.max,
        message: test.words(),
    };
    let max = f64::from(graded.lab.head.max().max(1));
    json(&File {
        gradable,
        score: gradable.then(|| f64::from(member.total) / max),
        format_errors: if gradable { Vec::new() } else { vec![graded.words()] },
        message: graded.words(),
        tests: if gradable { graded.tests().into_iter().map(test).collect() } else { Vec::new() },
    })
}
