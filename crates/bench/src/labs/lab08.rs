//! Lab 08: calls by `rpcc` of `rpcd`, beside libraries that make stubs. Each has a server, and a client that reads calls
//! and prints results; the clock stands outside and sees only those.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use super::Lab;
use super::server::Server;
use super::trip::{Chain, settle};
use crate::contender::{Contender, Origin, Peer};
use crate::count;
use crate::experiment::{Comparison, Experiment, Latency, Repeat, Role, Row};
use crate::harness::Setup;
use crate::machine::on_core;
use crate::numbers::Better;
use crate::pace::Pace;
use crate::phys;
use crate::process::Job;

/// `rpcd` and `rpcc`.
pub(super) struct MiniRpc;

/// Calls in one measurement, one after the other, and with many under way.
const SINGLE: usize = 4_000;
const MANY: usize = 20_000;
/// Calls in one measurement of times.
const TIMED: usize = 1_000;
/// Bytes of a frame with two numbers, about; what two cores hand over in its stead.
const FRAME: usize = 64;

impl Lab for MiniRpc {
    fn id(&self) -> &'static str {
        "08"
    }

    fn title(&self) -> &'static str {
        "Mini-RPC"
    }

    fn programs(&self) -> &'static [&'static str] {
        &["rpcd", "rpcc"]
    }

    fn peers(&self) -> &'static [Peer] {
        &[
            Peer { name: "tarpc", plays: "rpc", program: "rpc-tarpc", from: Origin::Built },
            Peer { name: "tonic (gRPC)", plays: "rpc", program: "rpc-tonic", from: Origin::Built },
            Peer { name: "ipc-channel", plays: "rpc", program: "rpc-ipc-channel", from: Origin::Built },
        ]
    }

    fn experiments<'a>(&self, setup: &'a Setup) -> anyhow::Result<Vec<Experiment<'a>>> {
        Ok(vec![
            Experiment::Comparison(single(setup)),
            Experiment::Comparison(many(setup)),
            Experiment::Comparison(calls(setup, false)),
            Experiment::Comparison(calls(setup, true)),
            Experiment::Latency(times(setup)),
        ])
    }
}

/// A server and its client.
#[derive(Clone, Copy)]
enum Pair<'a> {
    Lab { server: &'a Path, client: &'a Path },
    Peer(&'a Path),
}

impl<'a> Pair<'a> {
    fn of(contender: &'a Contender) -> Option<Self> {
        let lab = || Some(Self::Lab { server: contender.find("rpcd")?, client: contender.find("rpcc")? });
        contender.find("rpc").map(Self::Peer).or_else(lab)
    }

    fn server(self, socket: &Path) -> Command {
        let (program, word) = match self {
            Self::Lab { server, .. } => (server, "--unix"),
            Self::Peer(program) => (program, "serve"),
        };
        let mut command = Command::new(program);
        command.arg(word).arg(socket);
        command
    }

    fn client(self, socket: &Path, is_pipelined: bool) -> Command {
        let option = is_pipelined.then_some("--pipeline");
        match self {
            Self::Lab { client, .. } => {
                let mut command = Command::new(client);
                command.arg(format!("unix:{}", socket.display())).args(option).arg("-");
                command
            }
            Self::Peer(program) => {
                let mut command = Command::new(program);
                command.arg("call").arg(socket).args(option);
                command
            }
        }
    }
}

/// Makes so many calls, and says how long that took, from the client's start to its end. Each result is compared.
fn make(setup: &Setup, pair: Pair<'_>, is_pipelined: bool, count: usize) -> anyhow::Result<Duration> {
    let (socket, calls, results) = (setup.fresh("s"), setup.scratch().join("calls"), setup.fresh("results"));
    write(&calls, count, |number| format!("add {number} {number}\n"))?;
    let output = File::create(&results).context("make a file for the results")?;
    let server = Server::start(&mut pair.server(&socket)).context("server")?;
    let mut client = pair.client(&socket, is_pipelined);
    let start = Instant::now();
    let input = File::open(&calls).context("open the calls")?;
    Job::start(client.stdin(input).stdout(output))?.finish().context("client")?;
    let time = start.elapsed();
    drop(server);
    let came = fs::read_to_string(&results).context("read the results")?;
    fs::remove_file(&results).context("remove the results")?;
    let mut lines = came.lines();
    for number in 0..count {
        let (line, wanted) = (lines.next().unwrap_or_default(), format!("ok {}", 2 * number));
        ensure!(
            line == wanted,
            "call {}: expected `{wanted}`, received `{}`",
            number + 1,
            line.escape_debug()
        );
    }
    Ok(time)
}

fn write(path: &Path, count: usize, line: impl Fn(usize) -> String) -> anyhow::Result<()> {
    let text: String = (0..count).map(line).collect();
    fs::write(path, text).with_context(|| format!("write {}", path.display()))
}

fn single(setup: &Setup) -> Comparison<'_> {
    let core = setup.cores.first;
    let mut rows = setup.rows(Pair::of, |pair| {
        let mut pace = Pace::new(setup, SINGLE);
        Box::new(move |()| {
            let rate = pace.rate(|count| on_core(core, || make(setup, pair, false, count)))?;
            Ok(rate / 1e3)
        })
    });
    rows.push(Row::new("there and back: two wake-ups", Role::Limit, move |()| {
        Ok(1e6 / (2.0 * phys::sleep_and_wake(setup.cores.one())?))
    }));
    Comparison {
        title: "add(a, b), one call after the other, everybody on one core".to_owned(),
        unit: "k calls/s",
        better: Better::More,
        repeat: Repeat::Rounds,
        rows,
    }
}

fn many(setup: &Setup) -> Comparison<'_> {
    let mut rows = setup.rows(Pair::of, |pair| {
        let mut pace = Pace::new(setup, MANY);
        Box::new(move |()| Ok(pace.rate(|count| make(setup, pair, true, count))? / 1e3))
    });
    rows.push(Row::new("core to core", Role::Limit, move |()| {
        Ok(phys::transfer(setup.cores, FRAME)? / FRAME as f64 / 1e3)
    }));
    Comparison {
        title: "add(a, b), 64 calls under way".to_owned(),
        unit: "k calls/s",
        better: Better::More,
        repeat: Repeat::Bracketed,
        rows,
    }
}

fn calls(setup: &Setup, is_pipelined: bool) -> Comparison<'_> {
    const FEW: usize = 100;
    let more = setup.scaled(1_000);
    let rows = setup.rows(Pair::of, |pair| {
        Box::new(move |()| {
            let count = |count| system_calls(setup, pair, is_pipelined, count);
            Ok((count(FEW + more)? as f64 - count(FEW)? as f64) / more as f64)
        })
    });
    let how = if is_pipelined { "64 calls under way" } else { "one call after the other" };
    Comparison {
        title: format!("system calls, {how}"),
        unit: "a call, server and client together",
        better: Better::Less,
        repeat: Repeat::Once,
        rows,
    }
}

/// System calls of a server and a client that makes so many calls, from their start to their end.
fn system_calls(setup: &Setup, pair: Pair<'_>, is_pipelined: bool, count: usize) -> anyhow::Result<u64> {
    // A FIFO says when the server is ready, and nobody has to ask again and again.
    const SCRIPT: &str = r#"mkfifo ready || exit 1
        eval "$SERVER" >ready & read word <ready
        eval "$CLIENT" <calls >/dev/null; code=$?
        kill $!; wait $!; exit $code"#;
    let folder = setup.fresh("counted");
    fs::create_dir(&folder).context("make a folder")?;
    write(&folder.join("calls"), count, |number| format!("add {number} 1\n"))?;
    let socket = folder.join("s");
    let mut command = Command::new("/bin/sh");
    command.args(["-c", SCRIPT]).current_dir(&folder).stdin(Stdio::null()).stdout(Stdio::null());
    command.env("SERVER", line(&pair.server(&socket)));
    count::calls(command.env("CLIENT", line(&pair.client(&socket, is_pipelined))))
}

/// A command as a shell reads it.
fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| format!("'{}' ", word.to_string_lossy().replace('\'', r"'\''"))).collect()
}

fn times(setup: &Setup) -> Latency<'_> {
    let (core, count) = (setup.cores.first, setup.scaled(TIMED));
    let mut rows = setup.rows(Pair::of, |pair| {
        Box::new(move |()| {
            on_core(core, || {
                let socket = setup.fresh("s");
                let server = Server::start(&mut pair.server(&socket)).context("server")?;
                let mut client = pair.client(&socket, false);
                let mut client = Job::start(client.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
                let times = Chain::through(&mut client)?.times(b"add 40 2\n", b"ok 42\n", 50, count);
                let times = settle(times, vec![client]);
                drop(server);
                times
            })
        })
    });
    rows.push(Row::new("four wake-ups", Role::Limit, move |()| {
        Ok(vec![phys::sleep_and_wake(setup.cores.one())? * 4.0 / 1e3; count])
    }));
    Latency {
        title: "one call, from its line to the line of its result, everybody on one core".to_owned(),
        unit: "µs",
        rows,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_survives_the_shell() {
        let mut command = Command::new("/bin/echo");
        let output = Command::new("/bin/sh")
            .args(["-c", "eval \"$LINE\""])
            .env("LINE", line(command.args(["it's", "a b", "$HOME"])))
            .output();
        assert_eq!(output.unwrap().stdout, b"it's a b $HOME\n");
    }
}
