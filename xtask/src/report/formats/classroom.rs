//! Classroom 50's `result.json`, the successor of GitHub Classroom.
//!
//! The runner stamps who handed in what, so these fields come from its environment (`CLASSROOM`, `ASSIGNMENT`, …); here they are
//! empty and the lab stands for the assignment. Unknown fields of a test are kept.

use anyhow::Result;
use serde::Serialize;

use super::{Graded, json};

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    schema: &'static str,
    classroom: String,
    assignment: String,
    submission: String,
    commit: String,
    release: String,
    review: String,
    datetime: String,
    score: u32,
    max_score: u32,
    tests: Vec<Test>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Test {
    test_name: String,
    passed: bool,
    score: u32,
    max_score: u32,
    message: String,
}

pub(super) fn render(graded: &Graded<'_>) -> Result<Vec<u8>> {
    let test = |test: super::Test<'_>| Test {
        test_name: test.info.name.clone(),
        passed: test.passed(),
        score: test.outcome.points,
        max_score: test.outcome.max,
        message: test.words(),
    };
    json(&File {
        schema: "classroom50/result/v1",
        classroom: String::new(),
        assignment: format!("lab-{}", graded.lab.head.lab),
        submission: String::new(),
        commit: String::new(),
        release: String::new(),
        review: String::new(),
        datetime: graded.results.run.started.clone(),
        score: graded.member.total,
        max_score: graded.lab.head.max(),
        tests: graded.tests().into_iter().map(test).collect(),
    })
}
