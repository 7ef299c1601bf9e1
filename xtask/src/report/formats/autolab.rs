//! Autolab: the last line of an autograder's output is a line of scores, one for each problem of the site.
//!
//! Trap: before it is parsed, every `word:` in the line is put into quotes, so no colon may stand in it but behind a key. The
//! keys are the titles of the milestones without one; the site's problems must have the same names.

use anyhow::{Context as _, Result};
use serde_json::{Map, Value, json};

use super::Graded;

pub(super) fn render(graded: &Graded<'_>) -> Result<Vec<u8>> {
    let mut scores = Map::new();
    let mut stages = Map::new();
    for (milestone, score) in graded.lab.head.milestones.iter().zip(&graded.member.milestones) {
        scores.insert(problem(&milestone.title), Value::from(score.points));
    }
    for test in graded.tests() {
        let hint = test.outcome.text.lines().next().unwrap_or_default();
        let told =
            if test.passed() { json!({ "passed": true }) } else { json!({ "passed": false, "hint": hint }) };
        stages.insert(test.info.sentence.clone(), told);
    }
    let semantic = json!({ "_presentation": "semantic", "stages": ["Checks"], "Checks": stages });
    let last = json!({ "scores": scores });
    let text = |value: &Value| serde_json::to_string(value).context("write a line for Autolab");
    Ok(format!("{}\n{}\n", text(&semantic)?, text(&last)?).into_bytes())
}

/// A title as a key that Autolab reads as it is.
fn problem(title: &str) -> String {
    title.replace(':', " -")
}
