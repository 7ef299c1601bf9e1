//! A media player of three processes, whose output stops for a while: what becomes of the frames?
//!
//! Usage: producer-consumer [--policy block|oldest|newest|fail] [--frames N] [--depth D] [--stop-after K] [--stop-for S]
//! Exit codes: 0 played to the end (with or without lost frames), 1 the decoder gave up or something failed, 2 usage.
//! See also: `metronome.rs`, `policy.rs`

use anyhow::{Context, Result, ensure};
use producer_consumer::metronome::{Score, play};
use producer_consumer::policy::Policy;
use std::process::ExitCode;

const USAGE: &str = "usage: producer-consumer [--policy block|oldest|newest|fail] [--frames N] [--depth D] \
                     [--stop-after K] [--stop-for S]";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let score = match score(&words) {
        Ok(score) => score,
        Err(error) => {
            eprintln!("producer-consumer: {error:#}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match play(&score, |line| println!("{line}")) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("producer-consumer: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn score(words: &[String]) -> Result<Score> {
    let mut score = Score { frames: 12, depth: 2, stop_after: 3, stop_for: 7, policy: Policy::Block };
    for pair in words.chunks(2) {
        let [option, value] = pair else { anyhow::bail!("{} has no value", pair[0]) };
        let number = || value.parse::<u32>().with_context(|| format!("{option} {value}: not a number"));
        match option.as_str() {
            "--policy" => {
                score.policy = Policy::parse(value).with_context(|| format!("no policy {value}"))?
            }
            "--frames" => score.frames = number()?,
            "--depth" => score.depth = number()? as usize,
            "--stop-after" => score.stop_after = number()?,
            "--stop-for" => score.stop_for = number()?,
            _ => anyhow::bail!("no option {option}"),
        }
    }
    check(&score)?;
    Ok(score)
}

fn check(score: &Score) -> Result<()> {
    let Score { frames, depth, stop_after, stop_for, .. } = *score;
    ensure!((1..=1000).contains(&frames), "--frames {frames}: not from 1 to 1000");
    ensure!(depth.is_power_of_two() && depth <= 16, "--depth {depth}: not 1, 2, 4, 8 or 16");
    let stops_within = stop_for >= 1 && u64::from(stop_after) + u64::from(stop_for) <= u64::from(frames);
    ensure!(stops_within, "the output cannot stop after {stop_after} for {stop_for} of {frames} frames");
    Ok(())
}
