//! One run of a pool: tasks go in, and each answer is looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use super::WORKERS;
use crate::harness::Setup;
use crate::process::Job;

/// What a run has shown.
pub(super) struct Run {
    pub(super) time: Duration,
    /// How many tasks each worker has answered.
    pub(super) answers: BTreeMap<String, usize>,
}

/// Lets `program` do so many tasks. Each must be answered once, with this result if it is known.
pub(super) fn run(
    setup: &Setup,
    program: &Path,
    options: &[&str],
    count: usize,
    task: &str,
    result: Option<u64>,
) -> anyhow::Result<Run> {
    let (tasks, answers) = (setup.scratch().join("tasks"), setup.fresh("answers"));
    write(&tasks, count, task)?;
    let output = File::create(&answers).context("make a file for the answers")?;
    let start = Instant::now();
    let input = File::open(&tasks).context("open the tasks")?;
    Job::start(pool(program).args(options).stdin(input).stdout(output))?.finish()?;
    let time = start.elapsed();
    let text = fs::read_to_string(&answers).context("read the answers")?;
    fs::remove_file(&answers).context("remove the answers")?;
    let result = result.map(|result| result.to_string());
    Ok(Run { time, answers: answered(&text, count, result.as_deref())? })
}

pub(super) fn pool(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["run", "-n", &WORKERS.to_string()]);
    command
}

pub(super) fn write(path: &Path, count: usize, task: &str) -> anyhow::Result<()> {
    // As long as lines of which the lab counts system calls.
    let text: String = (0..count).map(|number| format!("task-number-{number:024}\t{task}\n")).collect();
    fs::write(path, text).with_context(|| format!("write {}", path.display()))
}

/// Who has answered how often; each task must have one answer that is right.
fn answered(text: &str, count: usize, result: Option<&str>) -> anyhow::Result<BTreeMap<String, usize>> {
    let (mut workers, mut ids) = (BTreeMap::new(), BTreeSet::new());
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let is_right = match fields[..] {
            [id, "ok", worker, "1", came] => {
                *workers.entry(worker.to_owned()).or_default() += 1;
                ids.insert(id) && result.is_none_or(|result| result == came)
            }
            _ => false,
        };
        ensure!(is_right, "a wrong answer: `{}`", line.escape_debug());
    }
    ensure!(ids.len() == count, "{} answers to {count} tasks", ids.len());
    Ok(workers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_needs_its_one_right_answer() {
        let told = |text, count| answered(text, count, Some("7")).map_err(|error| error.to_string());
        assert_eq!(told("a\tok\t1\t1\t7\nb\tok\t1\t1\t7\n", 2).unwrap()["1"], 2);
        assert_eq!(told("a\tok\t1\t1\t7\n", 2).unwrap_err(), "1 answers to 2 tasks");
        for wrong in ["a\tok\t1\t1\t8", "a\tfail\t1\t1\t7", "a", "a\tok\t1\t2\t7"] {
            assert!(told(wrong, 1).unwrap_err().starts_with("a wrong answer"), "{wrong}");
        }
        assert!(told("a\tok\t1\t1\t7\na\tok\t1\t1\t7\n", 2).is_err());
    }
}
