//! Starts a server that says `ready` when somebody may come.

use std::io::{BufRead as _, BufReader};
use std::process::{ChildStdout, Command, Stdio};

use anyhow::{Context as _, bail};

use crate::process::Job;

/// A server that runs; killed when dropped.
pub(super) struct Server {
    job: Job,
    /// What it says after `ready`.
    pub(super) address: String,
    // Whoever closes this one breaks its standard output.
    output: BufReader<ChildStdout>,
}

impl Server {
    /// Starts it, and waits until it is ready.
    pub(super) fn start(command: &mut Command) -> anyhow::Result<Self> {
        let mut job = Job::start(command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
        let output = job.child().stdout.take().context("hold the server's standard output")?;
        match ready(output)? {
            Some((address, output)) => Ok(Self { address, job, output }),
            None => {
                job.finish()?;
                bail!("it ends without a word");
            }
        }
    }
}

impl Server {
    /// Its process.
    pub(super) fn pid(&self) -> i32 {
        self.job.pid()
    }

    /// What else it says.
    pub(super) fn output(&mut self) -> &mut BufReader<ChildStdout> {
        &mut self.output
    }
}

/// Reads a server's first line: where it is. The rest of its output must stay open as long as it runs.
/// `None`: it has ended before.
pub(super) fn ready(output: ChildStdout) -> anyhow::Result<Option<(String, BufReader<ChildStdout>)>> {
    let mut output = BufReader::new(output);
    let mut line = String::new();
    output.read_line(&mut line).context("read what the server says")?;
    if line.is_empty() {
        return Ok(None);
    }
    let address = line.strip_suffix('\n').and_then(|line| line.strip_prefix("ready "));
    let address = address.with_context(|| format!("expected `ready ADDRESS`, received {line:?}"))?;
    Ok(Some((address.to_owned(), output)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(script: &str) -> anyhow::Result<Server> {
        Server::start(Command::new("/bin/sh").args(["-c", script]))
    }

    #[test]
    fn a_server_says_where_it_is_or_why_it_is_not() {
        let server = start("echo ready unix:s; sleep 1000").unwrap();
        assert_eq!(server.address, "unix:s");
        let told = |script| start(script).err().unwrap().to_string();
        assert_eq!(told("echo 'rpcd: s: in use' >&2; exit 1"), "exit status: 1: rpcd: s: in use");
        assert_eq!(told("exit 0"), "it ends without a word");
        assert_eq!(told("echo hello"), "expected `ready ADDRESS`, received \"hello\\n\"");
    }
}
