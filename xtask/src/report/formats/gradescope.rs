//! Gradescope's `results.json`.
//!
//! Traps: a top-level `score` overrides the sum of the tests; a single hidden test hides the total, so the text has the sum of
//! the others; without `status` a test with
//! no points counts as failed. The file is written also where nothing could be graded.

use anyhow::Result;
use serde::Serialize;

use super::{Graded, json};
use crate::score::{Counts, LabScore, Points};

#[derive(Serialize)]
struct File {
    score: Points,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    visibility: Option<&'static str>,
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
        visibility: test.info.hidden.then_some("hidden"),
        number: test.number,
    };
    let mut output = graded.words();
    if let Some((points, max)) = graded.visible() {
        output = format!("{output}\nwithout the hidden checks: {points} of {max} points");
    }
    // Who is excused, or whose points are undecided, has the raw points here; the gradebook says so.
    let score = match graded.score().map(LabScore::counts) {
        Some(Counts::Points(points)) => points,
        _ => Points::whole(graded.member.total),
    };
    json(&File {
        score,
        output,
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
