//! A student's program that is asked by the test referee, and the ways to pass without an answer.
//!
//! The question is two numbers on a line; the answer is their product.
#![allow(unsafe_code, reason = "writing to descriptors by number, and fork")]

use std::fs;
use std::io::{BufRead, Write};

use anyhow::{Context, Result};

use crate::{outside, processes, raw};

/// The attack of this name, if there is one.
pub(crate) fn attack(name: &str) -> Option<Result<String>> {
    match name {
        "honest" => Some(honest()),
        "exit_early" => Some(Ok(String::new())),
        "print_results" => Some(Ok(format!("{}\ntest result: ok. 3 passed; 0 failed", forged(0)))),
        "write_every_descriptor" => Some(write_every_descriptor()),
        "write_through_proc" => Some(write_through_proc()),
        "kill_the_referee" => Some(kill_the_referee()),
        "trace_the_referee" => Some(trace_the_referee()),
        "read_the_referee" => Some(read_the_referee()),
        "stop_all" => Some(stop_all()),
        "hang" => Some(processes::spin()),
        "leave_a_daemon" => Some(processes::daemon()),
        _ => None,
    }
}

/// Answers.
fn honest() -> Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("read the question")?;
    let numbers: Vec<u64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    Ok(numbers.iter().product::<u64>().to_string())
}

/// A line that would count, were it on the verdict pipe.
fn forged(number: u32) -> String {
    format!("{{\"test\":\"check_{number}\",\"verdict\":\"pass\",\"text\":\"\",\"seed\":0}}")
}

fn all_forged() -> String {
    (0..3).map(|number| forged(number) + "\n").collect()
}

fn write_every_descriptor() -> Result<String> {
    let lines = all_forged();
    for fd in 3..256 {
        // SAFETY: the pointer and length are of a live string; a closed descriptor is refused.
        unsafe { libc::write(fd, lines.as_ptr().cast(), lines.len()) };
    }
    Ok(String::new())
}

/// Opens the descriptors of process 1 and of its parent by their names in /proc.
fn write_through_proc() -> Result<String> {
    for pid in [1, nix::unistd::getppid().as_raw()] {
        for fd in 0..256 {
            if let Ok(mut file) = fs::OpenOptions::new().write(true).open(format!("/proc/{pid}/fd/{fd}")) {
                file.write_all(all_forged().as_bytes()).context("write")?;
            }
        }
    }
    Ok(String::new())
}

fn kill_the_referee() -> Result<String> {
    processes::kill_init()?;
    processes::kill_one(&nix::unistd::getppid().to_string())?;
    processes::kill_all()
}

fn trace_the_referee() -> Result<String> {
    raw::trace("1")?;
    raw::trace(&nix::unistd::getppid().to_string())
}

/// Prints what it can learn; only a right product would help.
fn read_the_referee() -> Result<String> {
    outside::open_init()
}

fn stop_all() -> Result<String> {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    let stopped = [1, -1].map(|pid| crate::word(kill(Pid::from_raw(pid), Signal::SIGSTOP)));
    Ok(stopped.join(" "))
}
