//! Runs programs with pipes between them, from a file to a file, and times them.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::harness::Setup;
use crate::process::Job;

/// Where the last program's output goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Output {
    /// Into a file that is read when all have ended.
    Kept,
    /// Nowhere.
    Dropped,
}

/// Starts all of them and waits until all have ended well: how long that took, and what the last one has printed.
pub(super) fn run(
    setup: &Setup,
    mut commands: Vec<Command>,
    input: Option<&Path>,
    output: Output,
) -> anyhow::Result<(Duration, Vec<u8>)> {
    let path = setup.fresh("output");
    let sink = match output {
        Output::Kept => File::create(&path).context("make a file for the output")?.into(),
        Output::Dropped => Stdio::null(),
    };
    let mut next: Stdio = match input {
        Some(path) => File::open(path).with_context(|| format!("open {}", path.display()))?.into(),
        None => Stdio::null(),
    };
    let last = commands.pop().context("name a program to run")?;
    let start = Instant::now();
    let mut jobs = Vec::new();
    for mut command in commands {
        let (read, write) = std::io::pipe().context("make a pipe")?;
        jobs.push(Job::start(command.stdin(next).stdout(write))?);
        next = read.into();
    }
    let mut last = last;
    jobs.push(Job::start(last.stdin(next).stdout(sink))?);
    // A command keeps the ends that it was given, and would keep a pipe open.
    drop(last);
    jobs.into_iter().try_for_each(Job::finish)?;
    let time = start.elapsed();
    if output == Output::Dropped {
        return Ok((time, Vec::new()));
    }
    let text = fs::read(&path).context("read the output")?;
    fs::remove_file(&path).context("remove the output")?;
    Ok((time, text))
}

/// A program with these words.
pub(super) fn command(program: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(words);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_go_through_all_programs_and_a_failure_is_told() {
        let setup = Setup::new(Vec::new(), 1.0).unwrap();
        let input = setup.scratch().join("input");
        fs::write(&input, "b\na\n").unwrap();
        let sh = |script: &str| command(Path::new("/bin/sh"), &["-c", script]);
        let (time, text) = run(&setup, vec![sh("cat"), sh("sort")], Some(&input), Output::Kept).unwrap();
        assert_eq!(text, b"a\nb\n");
        assert!(time > Duration::ZERO);
        let told = run(&setup, vec![sh("exit 3"), sh("cat")], None, Output::Dropped).unwrap_err();
        assert_eq!(told.to_string(), "exit status: 3");
    }
}
