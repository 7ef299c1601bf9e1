//! Lab 03: requests to `filed`, beside servers that answer the same requests with what the standard library and tokio
//! offer, and ipc-channel. The client is this program, the same for all that speak the lab's protocol.

mod client;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use client::Client;

use super::Lab;
use super::server::{self, Server};
use super::trip::Chain;
use crate::contender::{Contender, Origin, Peer};
use crate::count;
use crate::experiment::{Comparison, Curve, Experiment, Latency, Repeat, Role, Row};
use crate::harness::Setup;
use crate::machine::on_core;
use crate::numbers::{Better, whole};
use crate::pace::Pace;
use crate::phys;
use crate::process::Job;

/// `filed`.
pub(super) struct ClientServer;

/// Bytes of a text that comes back.
const TEXT: usize = 64;
/// Requests in one measurement, one after the other, and with many under way.
const SINGLE: usize = 5_000;
const MANY: usize = 20_000;
/// Requests under way then.
const WINDOW: usize = 64;
/// Requests in one measurement of times.
const TIMED: usize = 2_000;
/// Bytes of a file in the picture.
const SIZES: [f64; 5] = [64.0, 1024.0, 16384.0, 262_144.0, 4_194_304.0];

impl Lab for ClientServer {
    fn id(&self) -> &'static str {
        "03"
    }

    fn title(&self) -> &'static str {
        "Client/server"
    }

    fn programs(&self) -> &'static [&'static str] {
        &["filed"]
    }

    fn peers(&self) -> &'static [Peer] {
        &[
            Peer { name: "std, threads", plays: "filed", program: "requests-threads", from: Origin::Built },
            Peer { name: "tokio", plays: "filed", program: "requests-tokio", from: Origin::Built },
            Peer { name: "ipc-channel", plays: "echo", program: "echo-ipc-channel", from: Origin::Built },
        ]
    }

    fn experiments<'a>(&self, setup: &'a Setup) -> anyhow::Result<Vec<Experiment<'a>>> {
        fs::create_dir(root(setup)).context("make a folder for files")?;
        Ok(vec![
            Experiment::Comparison(single(setup, Socket::Unix)),
            Experiment::Comparison(single(setup, Socket::Tcp)),
            Experiment::Comparison(families(setup)),
            Experiment::Comparison(many(setup)),
            Experiment::Comparison(calls(setup, 1)),
            Experiment::Comparison(calls(setup, WINDOW)),
            Experiment::Curve(files(setup)?),
            Experiment::Latency(times(setup)),
        ])
    }
}

fn root(setup: &Setup) -> std::path::PathBuf {
    setup.scratch().join("root")
}

/// How clients reach a server.
#[derive(Clone, Copy)]
enum Socket {
    Unix,
    Tcp,
}

/// Who answers.
#[derive(Clone, Copy)]
enum Way<'a> {
    /// A server with the lab's protocol.
    Filed(&'a Path),
    /// A program that has both sides, and is told how many messages to send.
    Both(&'a Path),
}

impl<'a> Way<'a> {
    fn of(contender: &'a Contender) -> Option<Self> {
        let both = || contender.find("echo").map(Self::Both);
        contender.find("filed").map(Self::Filed).or_else(both)
    }

    fn filed(contender: &'a Contender) -> Option<&'a Path> {
        contender.find("filed")
    }

    /// So many texts there and back, `window` of them under way; how long that took.
    fn echo(self, setup: &Setup, socket: Socket, window: usize, count: usize) -> anyhow::Result<Duration> {
        match self {
            Self::Filed(program) => {
                let server = Server::start(&mut filed(setup, program, socket))?;
                let mut client = Client::connect(&server.address)?;
                client.echo(TEXT, window, 4 * window)?;
                let start = Instant::now();
                client.echo(TEXT, window, count)?;
                Ok(start.elapsed())
            }
            Self::Both(program) => {
                let mut command = Command::new(program);
                let mut job = Job::start(command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
                let mut chain = Chain::through(&mut job)?;
                chain.times(format!("{} {window} {TEXT}\n", 4 * window).as_bytes(), b"done\n", 0, 1)?;
                let line = format!("{count} {window} {TEXT}\n");
                let times = chain.times(line.as_bytes(), b"done\n", 0, 1)?;
                drop(chain);
                job.finish()?;
                Ok(Duration::from_secs_f64(times[0] / 1e6))
            }
        }
    }
}

fn filed(setup: &Setup, program: &Path, socket: Socket) -> Command {
    let mut command = Command::new(program);
    match socket {
        Socket::Unix => command.arg("--unix").arg(setup.fresh("s")),
        Socket::Tcp => command.args(["--tcp", "127.0.0.1:0"]),
    };
    command.arg("--root").arg(root(setup));
    command
}

fn single(setup: &Setup, socket: Socket) -> Comparison<'_> {
    let core = setup.cores.first;
    let of = |contender| {
        Way::of(contender).filter(|way| matches!((way, socket), (Way::Filed(_), _) | (_, Socket::Unix)))
    };
    let mut rows = setup.rows(of, |way| {
        let mut pace = Pace::new(setup, SINGLE);
        Box::new(move |()| Ok(pace.rate(|count| on_core(core, || way.echo(setup, socket, 1, count)))? / 1e3))
    });
    rows.push(Row::new("there and back: two wake-ups", Role::Limit, move |()| {
        Ok(1e6 / (2.0 * phys::sleep_and_wake(setup.cores.one())?))
    }));
    let over = match socket {
        Socket::Unix => "a Unix socket",
        Socket::Tcp => "TCP",
    };
    Comparison {
        title: format!("ECHO of {TEXT} bytes over {over}, one after the other, everybody on one core"),
        unit: "k requests/s",
        better: Better::More,
        repeat: Repeat::Rounds,
        rows,
    }
}

/// Each against itself: what a stream between machines costs where one within the machine would do. There is no limit: the
/// rows are no speeds.
fn families(setup: &Setup) -> Comparison<'_> {
    let core = setup.cores.first;
    let rows = setup.rows(Way::filed, |program| {
        let mut paces = [Pace::new(setup, SINGLE), Pace::new(setup, SINGLE)];
        Box::new(move |()| {
            let [unix, tcp] = &mut paces;
            let rate = |pace: &mut Pace, socket| {
                pace.rate(|count| on_core(core, || Way::Filed(program).echo(setup, socket, 1, count)))
            };
            Ok(rate(unix, Socket::Unix)? / rate(tcp, Socket::Tcp)?)
        })
    });
    Comparison {
        title: format!("ECHO of {TEXT} bytes, a Unix socket against TCP, everybody on one core"),
        unit: "times as many requests/s",
        better: Better::More,
        repeat: Repeat::Rounds,
        rows,
    }
}

fn many(setup: &Setup) -> Comparison<'_> {
    let mut rows = setup.rows(Way::of, |way| {
        let mut pace = Pace::new(setup, MANY);
        Box::new(move |()| Ok(pace.rate(|count| way.echo(setup, Socket::Unix, WINDOW, count))? / 1e3))
    });
    rows.push(Row::new("core to core", Role::Limit, move |()| {
        Ok(phys::transfer(setup.cores, TEXT)? / TEXT as f64 / 1e3)
    }));
    Comparison {
        title: format!("ECHO of {TEXT} bytes over a Unix socket, {WINDOW} under way"),
        unit: "k requests/s",
        better: Better::More,
        repeat: Repeat::Bracketed,
        rows,
    }
}

fn calls(setup: &Setup, window: usize) -> Comparison<'_> {
    const FEW: usize = 128;
    let more = setup.scaled(1_024).next_multiple_of(window);
    let rows = setup.rows(Way::filed, |program| {
        Box::new(move |()| {
            let count = |count: usize| {
                count::calls_during(&mut filed(setup, program, Socket::Unix), move |_, output| {
                    let (address, _output) = server::ready(output)?.context("it ends without a word")?;
                    Client::connect(&address)?.echo(TEXT, window, count)
                })
            };
            Ok((count(FEW + more)? as f64 - count(FEW)? as f64).max(0.0) / more as f64)
        })
    });
    Comparison {
        title: match window {
            1 => "system calls of the server, one request after the other".to_owned(),
            _ => format!("system calls of the server, {window} requests under way"),
        },
        unit: "calls a request",
        better: Better::Less,
        repeat: Repeat::Once,
        rows,
    }
}

fn files(setup: &Setup) -> anyhow::Result<Curve<'_>> {
    for size in SIZES {
        let bytes: Vec<u8> = (0..whole(size)).map(|at| (at * 31 % 251) as u8).collect();
        fs::write(root(setup).join(whole(size).to_string()), bytes).context("write a file")?;
    }
    let mut rows = setup.rows(Way::filed, |program| {
        Box::new(move |size| {
            let size = whole(size);
            // As many bytes for each size, within reason.
            let count = setup.scaled((64 << 20) / size.max(16 << 10)).clamp(2, 2_000);
            let server = Server::start(&mut filed(setup, program, Socket::Unix))?;
            let mut client = Client::connect(&server.address)?;
            let file = root(setup).join(size.to_string());
            client.compare(&file)?;
            let start = Instant::now();
            client.get(&size.to_string(), size, count)?;
            Ok((size * count) as f64 / start.elapsed().as_secs_f64())
        })
    });
    rows.push(Row::new("copied on one core", Role::Limit, |size| Ok(phys::copy(whole(size)))));
    Ok(Curve {
        title: "GET over a Unix socket, one file after the other".to_owned(),
        x: "bytes in a file",
        y: "bytes/s",
        at: SIZES.to_vec(),
        rows,
    })
}

fn times(setup: &Setup) -> Latency<'_> {
    let (core, count) = (setup.cores.first, setup.scaled(TIMED));
    let mut rows = setup.rows(Way::filed, |program| {
        Box::new(move |()| {
            on_core(core, || {
                let server = Server::start(&mut filed(setup, program, Socket::Unix))?;
                Client::connect(&server.address)?.times(TEXT, 50, count)
            })
        })
    });
    rows.push(Row::new("two wake-ups", Role::Limit, move |()| {
        Ok(vec![phys::sleep_and_wake(setup.cores.one())? * 2.0 / 1e3; count])
    }));
    Latency {
        title: format!("one ECHO of {TEXT} bytes over a Unix socket, everybody on one core"),
        unit: "µs",
        rows,
    }
}
