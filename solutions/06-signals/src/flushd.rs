//! `flushd`: requests from standard input, one at a time, and orders by signals, at any time.

use std::io;
use std::os::fd::AsFd;

use nix::errno::Errno;

use crate::config::{self, Config};
use crate::failure::{Failure, print, say};
// BEGIN SOLUTION
use crate::gate::Visit;
// END SOLUTION
use crate::input::{Input, Next};
use crate::names::Sig;
use crate::options::Flushd;
use crate::record::{Request, Task};
use crate::signals::{Signals, Woken};

/// Runs it, and gives its exit status.
///
/// # Errors
/// What the contract has a message for.
pub fn run(options: &Flushd) -> Result<u8, Failure> {
    // BEGIN SOLUTION
    let wanted = [libc::SIGTERM, libc::SIGUSR1, libc::SIGUSR2, libc::SIGHUP].map(Sig);
    let signals = Signals::catch(&wanted).map_err(|(signal, errno)| Failure::system(signal, errno))?;
    let config = options.config.as_deref().map(config::read).transpose()?.unwrap_or_default();
    print(format!("ready {}\n", std::process::id()))?;
    let stdin = io::stdin();
    let mut server = Server {
        options,
        config,
        signals,
        input: Input::new(stdin.as_fd()),
        current: None,
        counters: Counters::default(),
        is_ending: false,
    };
    server.run()
    // END SOLUTION
    // STUB: todo!("M5: one request after the other, and signals meanwhile")
}
// BEGIN SOLUTION

/// What SIGUSR2 asks for.
#[derive(Debug, Default)]
struct Counters {
    done: u64,
    flushed: u64,
    reloads: u64,
}

/// The request that runs: only a gate takes time.
struct Current {
    seq: u32,
    visit: Visit,
    /// The word to answer with is the one of its beginning.
    answer: String,
}

struct Server<'a> {
    options: &'a Flushd,
    config: Config,
    signals: Signals,
    input: Input<'a>,
    current: Option<Current>,
    counters: Counters,
    is_ending: bool,
}

impl Server<'_> {
    fn run(&mut self) -> Result<u8, Failure> {
        loop {
            while let Some(arrival) = self.signals.take().map_err(failed("signals"))? {
                self.hears(arrival.signal)?;
            }
            if let Some(current) = self.current.take() {
                self.await_gate(current)?;
            } else if self.is_ending {
                print("bye\n")?;
                return Ok(0);
            } else if let Some(status) = self.serve()? {
                return Ok(status);
            }
        }
    }

    /// Begins the next request, or waits for one. Gives the status when there will be none.
    fn serve(&mut self) -> Result<Option<u8>, Failure> {
        match self.input.take() {
            Next::Request(request) => self.begin(request).map(|()| None),
            Next::More => self.await_input().map(|()| None),
            Next::End => Ok(Some(0)),
            Next::Truncated => Err(self.damaged("truncated")),
            Next::Malformed => Err(self.damaged("malformed")),
        }
    }

    fn damaged(&self, how: &str) -> Failure {
        Failure { text: format!("{how} record after {} records", self.input.records), status: 4 }
    }

    fn begin(&mut self, request: Request) -> Result<(), Failure> {
        let seq = request.seq;
        match request.task {
            Task::Echo(bytes) => {
                let end = format!("{} {seq}\n", self.config.answer);
                self.answer([bytes.as_slice(), end.as_bytes()].concat())
            }
            Task::Gate(path) => match Visit::begin(path) {
                Ok(visit) => {
                    self.current = Some(Current { seq, visit, answer: self.config.answer.clone() });
                    Ok(())
                }
                Err(error) => Err(Failure { text: format!("gate: {error:#}"), status: 1 }),
            },
            Task::Unknown => self.answer(format!("bad {seq}\n").into_bytes()),
        }
    }

    fn answer(&mut self, bytes: Vec<u8>) -> Result<(), Failure> {
        print(bytes)?;
        self.counters.done += 1;
        Ok(())
    }

    fn await_gate(&mut self, current: Current) -> Result<(), Failure> {
        match self.signals.wait(Some(current.visit.as_fd()), None).map_err(failed("poll"))? {
            Woken::Signal(arrival) => {
                self.current = Some(current);
                self.hears(arrival.signal)
            }
            Woken::Ready | Woken::Timeout => {
                let has_passed = current.visit.has_passed().map_err(failed("gate"))?;
                let word = if has_passed { &current.answer } else { "bad" };
                self.answer(format!("{word} {}\n", current.seq).into_bytes())
            }
        }
    }

    fn await_input(&mut self) -> Result<(), Failure> {
        let stdin = io::stdin();
        match self.signals.wait(Some(stdin.as_fd()), None).map_err(failed("poll"))? {
            Woken::Signal(arrival) => self.hears(arrival.signal),
            Woken::Ready | Woken::Timeout => self.input.fill().map_err(failed("stdin")),
        }
    }

    fn hears(&mut self, signal: Sig) -> Result<(), Failure> {
        match signal.0 {
            libc::SIGUSR1 => {
                let count = self.input.flush().map_err(failed("stdin"))?;
                self.counters.flushed += count;
                print(format!("flushed {count}\n"))
            }
            libc::SIGUSR2 => {
                let Counters { done, flushed, reloads } = self.counters;
                say(&format!("counters done={done} flushed={flushed} reloads={reloads}"));
                Ok(())
            }
            libc::SIGHUP => self.reload(),
            _ => {
                self.is_ending = true;
                Ok(())
            }
        }
    }

    /// Takes a new configuration, or keeps the old one.
    fn reload(&mut self) -> Result<(), Failure> {
        match self.options.config.as_deref().map(config::read) {
            Some(Ok(config)) => self.config = config,
            Some(Err(failure)) => {
                say(&format!("flushd: {}", failure.text));
                return Ok(());
            }
            None => {}
        }
        self.counters.reloads += 1;
        print("reloaded\n")
    }
}

fn failed(what: &'static str) -> impl Fn(Errno) -> Failure {
    move |errno| Failure::system(what, errno)
}
// END SOLUTION
