//! Sends lines through a chain of programs, one at a time, and times how long each is under way.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{ChildStdin, ChildStdout};
use std::time::Instant;

use anyhow::{Context as _, bail};

use crate::process::Job;

/// The two ends of a chain: a line goes in at one and comes out at the other.
pub(super) struct Chain {
    into: ChildStdin,
    out: BufReader<ChildStdout>,
}

impl Chain {
    /// From the first program's standard input to the last one's standard output; both are pipes.
    pub(super) fn between(first: &mut Job, last: &mut Job) -> anyhow::Result<Self> {
        let into = first.child().stdin.take().context("hold the first program's standard input")?;
        let out = last.child().stdout.take().context("hold the last program's standard output")?;
        Ok(Self { into, out: BufReader::new(out) })
    }

    /// The same for a chain of one.
    pub(super) fn through(only: &mut Job) -> anyhow::Result<Self> {
        let into = only.child().stdin.take().context("hold the program's standard input")?;
        let out = only.child().stdout.take().context("hold the program's standard output")?;
        Ok(Self { into, out: BufReader::new(out) })
    }

    /// Microseconds from a line's way in to its answer's way out; `warm_up` lines more go first and do not count.
    pub(super) fn times(
        &mut self,
        line: &[u8],
        answer: &[u8],
        warm_up: usize,
        count: usize,
    ) -> anyhow::Result<Vec<f64>> {
        let check = |_, came: &[u8]| if came == answer { None } else { Some(difference(came, answer)) };
        self.exchange(|_| line, check, warm_up, count)
    }

    /// The same where each line is another, and its answer is known by what stands in it.
    pub(super) fn times_of(
        &mut self,
        line: impl Fn(usize) -> String,
        is_answer: impl Fn(usize, &str) -> bool,
        warm_up: usize,
        count: usize,
    ) -> anyhow::Result<Vec<f64>> {
        let check = |number, came: &[u8]| {
            let is_right = std::str::from_utf8(came).is_ok_and(|came| is_answer(number, came));
            (!is_right).then(|| difference(came, b"its answer"))
        };
        self.exchange(line, check, warm_up, count)
    }

    /// `check` says what is wrong with the answer to the line of a number.
    fn exchange<L: AsRef<[u8]>>(
        &mut self,
        line: impl Fn(usize) -> L,
        check: impl Fn(usize, &[u8]) -> Option<String>,
        warm_up: usize,
        count: usize,
    ) -> anyhow::Result<Vec<f64>> {
        let mut times = Vec::with_capacity(count);
        let mut came = Vec::new();
        for number in 0..warm_up + count {
            let line = line(number);
            let start = Instant::now();
            self.into.write_all(line.as_ref()).context("send a line")?;
            came.clear();
            self.out.read_until(b'\n', &mut came).context("receive a line")?;
            let time = start.elapsed().as_secs_f64() * 1e6;
            if let Some(wrong) = check(number, &came) {
                bail!("line {}: {wrong}", number + 1);
            }
            if number >= warm_up {
                times.push(time);
            }
        }
        Ok(times)
    }
}

/// Lets a chain's programs end. Where one failed, that says more than the line that did not come.
pub(super) fn settle(times: anyhow::Result<Vec<f64>>, jobs: Vec<Job>) -> anyhow::Result<Vec<f64>> {
    let ends: anyhow::Result<Vec<()>> = jobs.into_iter().map(Job::finish).collect();
    ends.and(times)
}

/// What is wrong with an answer, in a few words.
pub(super) fn difference(came: &[u8], answer: &[u8]) -> String {
    let shown =
        |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(30)]).escape_debug().to_string();
    if came.is_empty() {
        return format!("expected `{}`, and nothing came", shown(answer));
    }
    format!("expected `{}`, received `{}`", shown(answer), shown(came))
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    fn times(program: &str, arguments: &[&str], answer: &str) -> anyhow::Result<Vec<f64>> {
        let mut command = Command::new(program);
        let mut job = Job::start(command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()))?;
        Chain::through(&mut job)?.times(b"hello\n", answer.as_bytes(), 1, 3)
    }

    #[test]
    fn each_line_has_its_time() {
        let times = times("cat", &[], "hello\n").unwrap();
        assert_eq!(times.len(), 3);
        assert!(times.iter().all(|&time| time > 0.0));
    }

    #[test]
    fn a_wrong_answer_and_none_are_told_apart() {
        let wrong = times("sed", &["-u", "s/h/H/"], "hello\n").unwrap_err().to_string();
        assert_eq!(wrong, "line 1: expected `hello\\n`, received `Hello\\n`");
        let none = times("head", &["-n", "1"], "hello\n").unwrap_err();
        assert!(format!("{none:#}").starts_with("send a line") || none.to_string().ends_with("nothing came"));
    }
}
