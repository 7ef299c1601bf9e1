//! Lab 01: what a shell adds to the programs that it starts, beside dash, bash and no shell at all.

mod held;

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};

use super::Lab;
use super::trip::{Chain, settle};
use crate::contender::{Contender, Origin, Peer, in_path};
use crate::count;
use crate::experiment::{Comparison, Curve, Experiment, Latency, Repeat, Role, Row};
use crate::harness::Setup;
use crate::numbers::{Better, whole};
use crate::process::Job;

/// `psh`.
pub(super) struct PipelineShell;

/// Pipelines in one measurement: some 40 ms.
const PIPELINES: usize = 20;
/// Bytes of the data that flow through a pipeline in one measurement.
const FLOW: usize = 128 << 20;
/// Lines in one measurement of times.
const LINES: usize = 150;

impl Lab for PipelineShell {
    fn id(&self) -> &'static str {
        "01"
    }

    fn title(&self) -> &'static str {
        "Pipeline shell"
    }

    fn programs(&self) -> &'static [&'static str] {
        &["psh"]
    }

    fn peers(&self) -> &'static [Peer] {
        &[
            Peer { name: "dash", plays: "psh", program: "dash", from: Origin::Debian("dash") },
            Peer { name: "bash", plays: "psh", program: "bash", from: Origin::Debian("bash") },
        ]
    }

    fn experiments<'a>(&self, setup: &'a Setup) -> anyhow::Result<Vec<Experiment<'a>>> {
        // By their paths: `true` and `echo` are builtins of some shells, which would start nothing.
        let (nothing, echo) = (program("true")?, program("echo")?);
        let five = starts(setup, &nothing, 5)?;
        let many = lengths(setup, &nothing)?;
        Ok(vec![
            Experiment::Comparison(five),
            Experiment::Comparison(flow(setup)?),
            Experiment::Comparison(calls(setup, &nothing)?),
            Experiment::Comparison(held::comparison(setup, &nothing)?),
            Experiment::Curve(many),
            Experiment::Latency(prompt(setup, &echo)?),
        ])
    }
}

/// A program's path.
fn program(name: &str) -> anyhow::Result<PathBuf> {
    in_path(name).with_context(|| format!("find the program `{name}`"))
}

fn shell(contender: &Contender) -> anyhow::Result<&Path> {
    contender.program("psh")
}

/// `count` lines, each a pipeline of `stages` programs that do nothing.
fn text(program: &Path, stages: usize, count: usize) -> String {
    let pipeline = vec![program.to_string_lossy(); stages].join(" | ");
    vec![pipeline; count].join("\n")
}

/// Waits until a shell has done these lines.
fn run(shell: &Path, text: &str) -> anyhow::Result<()> {
    let mut command = Command::new(shell);
    Job::start(command.args(["-c", text]).stdin(Stdio::null()).stdout(Stdio::null()))?.finish()
}

/// Microseconds for one of `count` pipelines.
fn time(shell: &Path, text: &str, count: usize) -> anyhow::Result<f64> {
    let start = Instant::now();
    run(shell, text)?;
    Ok(start.elapsed().as_secs_f64() * 1e6 / count as f64)
}

/// The same without a shell.
fn time_direct(commands: &[Vec<String>], count: usize) -> anyhow::Result<f64> {
    let start = Instant::now();
    for _ in 0..count {
        direct(commands)?;
    }
    Ok(start.elapsed().as_secs_f64() * 1e6 / count as f64)
}

fn starts<'a>(setup: &'a Setup, nothing: &Path, stages: usize) -> anyhow::Result<Comparison<'a>> {
    let count = setup.scaled(PIPELINES);
    let mut rows = Vec::new();
    for contender in &setup.contenders {
        let (shell, text) = (shell(contender)?, text(nothing, stages, count));
        rows.push(Row::new(&contender.name, contender.role, move |()| time(shell, &text, count)));
    }
    let commands = vec![vec![nothing.to_string_lossy().into_owned()]; stages];
    rows.push(Row::new("no shell", Role::Limit, move |()| time_direct(&commands, count)));
    Ok(Comparison {
        title: format!("a pipeline of {stages} programs that do nothing"),
        unit: "µs a pipeline",
        better: Better::Less,
        repeat: Repeat::Bracketed,
        rows,
    })
}

fn flow(setup: &Setup) -> anyhow::Result<Comparison<'_>> {
    let bytes = setup.scaled(FLOW);
    let text = format!("yes | head -c {bytes} | cat | wc -c");
    let rate = move |start: Instant| bytes as f64 / start.elapsed().as_secs_f64() / 1e9;
    let mut rows = Vec::new();
    for contender in &setup.contenders {
        let (shell, text) = (shell(contender)?, text.clone());
        rows.push(Row::new(&contender.name, contender.role, move |()| {
            let start = Instant::now();
            let printed = output(Command::new(shell).args(["-c", &text]))?;
            let rate = rate(start);
            counted(&printed, bytes).map(|()| rate)
        }));
    }
    let commands = text.split(" | ").map(|stage| stage.split(' ').map(str::to_owned).collect());
    let commands: Vec<Vec<String>> = commands.collect();
    rows.push(Row::new("no shell", Role::Limit, move |()| {
        let start = Instant::now();
        let printed = direct(&commands)?;
        let rate = rate(start);
        counted(&printed, bytes).map(|()| rate)
    }));
    Ok(Comparison {
        title: format!("{text}, as fast as it flows"),
        unit: "GB/s",
        better: Better::More,
        repeat: Repeat::Bracketed,
        rows,
    })
}

/// What a program prints, at most a screen of it.
fn output(command: &mut Command) -> anyhow::Result<String> {
    let mut job = Job::start(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
    let output = job.child().stdout.take().context("hold the program's standard output")?;
    let mut text = Vec::new();
    output.take(1000).read_to_end(&mut text).context("read what the program prints")?;
    job.finish()?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn counted(printed: &str, bytes: usize) -> anyhow::Result<()> {
    let shown = printed.trim();
    ensure!(shown == bytes.to_string(), "expected {bytes} from wc, received `{}`", shown.escape_debug());
    Ok(())
}

fn calls<'a>(setup: &'a Setup, nothing: &Path) -> anyhow::Result<Comparison<'a>> {
    const FEW: usize = 2;
    const MANY: usize = 10;
    let mut rows = Vec::new();
    for contender in &setup.contenders {
        let shell = shell(contender)?;
        let texts = [FEW, MANY].map(|count| text(nothing, 5, count));
        rows.push(Row::new(&contender.name, contender.role, move |()| {
            let count = |text: &String| {
                count::calls(
                    Command::new(shell).args(["-c", text]).stdin(Stdio::null()).stdout(Stdio::null()),
                )
            };
            Ok((count(&texts[1])? as f64 - count(&texts[0])? as f64) / (MANY - FEW) as f64)
        }));
    }
    Ok(Comparison {
        title: "system calls of the same pipeline, those of its programs included".to_owned(),
        unit: "calls a pipeline",
        better: Better::Less,
        repeat: Repeat::Once,
        rows,
    })
}

fn lengths<'a>(setup: &'a Setup, nothing: &Path) -> anyhow::Result<Curve<'a>> {
    let count = setup.scaled(PIPELINES / 2);
    let mut rows = Vec::new();
    for contender in &setup.contenders {
        let (shell, nothing) = (shell(contender)?, nothing.to_owned());
        rows.push(Row::new(&contender.name, contender.role, move |stages| {
            time(shell, &text(&nothing, whole(stages), count), count)
        }));
    }
    let program = nothing.to_string_lossy().into_owned();
    rows.push(Row::new("no shell", Role::Limit, move |stages| {
        let commands = vec![vec![program.clone()]; whole(stages)];
        time_direct(&commands, count)
    }));
    Ok(Curve {
        title: "a pipeline of programs that do nothing".to_owned(),
        x: "programs in the pipeline",
        y: "µs a pipeline",
        at: vec![1.0, 2.0, 4.0, 8.0, 16.0],
        rows,
    })
}

fn prompt<'a>(setup: &'a Setup, echo: &Path) -> anyhow::Result<Latency<'a>> {
    let count = setup.scaled(LINES);
    let line = format!("{} ok\n", echo.display());
    let mut rows = Vec::new();
    for contender in &setup.contenders {
        let (shell, line) = (shell(contender)?, line.clone());
        rows.push(Row::new(&contender.name, contender.role, move |()| {
            let mut job = Job::start(Command::new(shell).stdin(Stdio::piped()).stdout(Stdio::piped()))?;
            let times = Chain::through(&mut job)?.times(line.as_bytes(), b"ok\n", 5, count);
            settle(times, vec![job])
        }));
    }
    let echo: PathBuf = echo.to_owned();
    rows.push(Row::new("no shell", Role::Limit, move |()| {
        let one = |_| {
            let start = Instant::now();
            let printed = output(Command::new(&echo).arg("ok"))?;
            ensure!(printed == "ok\n", "echo printed `{}`", printed.escape_debug());
            Ok(start.elapsed().as_secs_f64() * 1e6)
        };
        (0..count).map(one).collect()
    }));
    Ok(Latency {
        title: "a line with one command, from its newline to the command's answer".to_owned(),
        unit: "µs",
        rows,
    })
}

/// The same pipeline without a shell; what its last program prints.
fn direct(commands: &[Vec<String>]) -> anyhow::Result<String> {
    let (mut input, mut jobs) = (Stdio::null(), Vec::new());
    let Some((last, before)) = commands.split_last() else { bail!("a pipeline has programs") };
    for words in before {
        let (read, write) = std::io::pipe().context("make a pipe")?;
        let mut command = Command::new(&words[0]);
        jobs.push(command.args(&words[1..]).stdin(input).stdout(write).spawn().context("start a stage")?);
        input = read.into();
    }
    let mut command = Command::new(&last[0]);
    let command = command.args(&last[1..]).stdin(input).stdout(Stdio::piped());
    let output = command.spawn().context("start the last stage")?.wait_with_output();
    for mut job in jobs {
        // `yes` dies of SIGPIPE, as it must.
        job.wait().context("wait for a stage")?;
    }
    Ok(String::from_utf8_lossy(&output.context("read the last stage's output")?.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipeline_runs_without_a_shell() {
        let stages = [vec!["yes"], vec!["head", "-c", "100000"], vec!["wc", "-c"]];
        let stages: Vec<Vec<String>> =
            stages.iter().map(|words| words.iter().map(ToString::to_string).collect()).collect();
        assert_eq!(direct(&stages).unwrap().trim(), "100000");
        assert!(direct(&[vec!["no-such-program".to_owned()]]).is_err());
    }

    #[test]
    fn rubbish_instead_of_a_count_is_told() {
        counted("  42\n", 42).unwrap();
        let told = counted("4\u{1b}2", 42).unwrap_err().to_string();
        assert_eq!(told, "expected 42 from wc, received `4\\u{1b}2`");
    }
}
