//! Joins programs by pipes: `pipeline-shell ls , sort -r , head -n 3`. A lone comma stands between two stages,
//! because the shell you type this in keeps `|` for itself.
//!
//! Usage: pipeline-shell PROGRAM [WORD...] [, PROGRAM [WORD...]]...
//! Prints the status of each stage on stderr and ends with that of the last one.
//! See also: `pipe(7)`, and `chain.rs` for the loop

use anyhow::Result;
use pipeline_shell::{chain, exec::Program};
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.split(|word| word == ",").any(<[_]>::is_empty) {
        eprintln!("usage: pipeline-shell PROGRAM [WORD...] [, PROGRAM [WORD...]]...");
        return ExitCode::from(2);
    }
    run(&words).unwrap_or_else(|error| {
        eprintln!("pipeline-shell: {error:#}");
        ExitCode::FAILURE
    })
}

fn run(words: &[String]) -> Result<ExitCode> {
    let stages: Vec<Program> = words.split(|word| word == ",").map(Program::new).collect::<Result<_>>()?;
    let statuses = chain::run(&stages)?;
    for (stage, status) in stages.iter().zip(&statuses) {
        eprintln!("{}: {status}", stage.name());
    }
    Ok(statuses.last().map_or(ExitCode::SUCCESS, |status| ExitCode::from(status.shell_code())))
}
