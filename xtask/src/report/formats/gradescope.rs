//! Gradescope's `results.json`.
//!
//! Traps: a top-level `score` overrides the sum of the tests; a single hidden test hides the total; without `status` a test with
//! no points counts as failed. The file is written also where nothing could be graded.

use anyhow::Result;
use serde::Serialize;

use super::{Graded, json};

#[derive(Serialize)]
struct File {
    score: u32,
    output: String,
    output_format: &'static str,
    test_output_format: &'static str,
    visibility: &'static str,
    tests: Vec<Test>,
    extra_data: Extra,
}

#[derive(Serialize)]
struct Test {
    number: String,
    name: String,
    score: u32,
    max_score: u32,
    status: &'static str,
    output: String,
    tags: Vec<String>,
}

/// Kept and not shown: what an instructor needs to run a check again.
#[derive(Serialize)]
struct Extra {
    lab: String,
    undecided: u32,
    seed: u64,
    toolchain: String,
    sandbox: String,
}

pub(super) fn render(graded: &Graded<'_>) -> Result<Vec<u8>> {
    let run = &graded.results.run;
    let test = |test: super::Test<'_>| Test {
        name: test.info.sentence.clone(),
        score: test.outcome.points,
        max_score: test.outcome.max,
        status: if test.passed() { "passed" } else { "failed" },
        output: test.words(),
        tags: test.info.name.split_once('_').map(|(milestone, _)| milestone.to_owned()).into_iter().collect(),
        number: test.number,
    };
    json(&File {
        score: graded.member.total,
        output: graded.words(),
        output_format: "text",
        test_output_format: "text",
        visibility: "visible",
        tests: graded.tests().into_iter().map(test).collect(),
        extra_data: Extra {
            lab: graded.lab.head.lab.clone(),
            undecided: graded.member.undecided,
            seed: run.seed,
            toolchain: run.toolchain.clone(),
            sandbox: run.level.clone(),
        },
    })
}
