//! `superv`: keeps programs running.

use std::ffi::OsString;

use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::child::{self, End, Streams, ask_to_end, signal_group};
use crate::failure::{Failure, print, say};
use crate::names::Sig;
use crate::options::Superv;
use crate::signals::Signals;
use crate::table::{self, Entry, Restart};

/// Runs it, and gives its exit status.
///
/// # Errors
/// What the contract has a message for.
pub fn run(options: &Superv) -> Result<u8, Failure> {
    // BEGIN SOLUTION
    let entries = table::read(&options.file)?;
    let wanted = [libc::SIGCHLD, libc::SIGTERM, libc::SIGINT, libc::SIGHUP].map(Sig);
    let signals = Signals::catch(&wanted).map_err(|(signal, errno)| Failure::system(signal, errno))?;
    let services = entries.into_iter().map(Service::new).collect();
    let mut house = House { options, signals, services, started: 0, stopping: Stopping::No, failed: None };
    for index in 0..house.services.len() {
        house.start(index);
    }
    house.run()?;
    house.tell("bye\n".to_owned());
    match house.failed {
        None => Ok(0),
        Some(failure) => Err(failure),
    }
    // END SOLUTION
    // STUB: todo!("M6: start all, then wait for whoever ends, SIGTERM and SIGHUP")
}
// BEGIN SOLUTION

/// A line of the table, and its process.
struct Service {
    entry: Entry,
    child: Option<Pid>,
    /// How often it was started again.
    restarts: u32,
    /// When it was started last: the higher, the later.
    order: u64,
    /// It is not in the table any more; this is what follows it, if its name is.
    next: Option<Option<Entry>>,
}

impl Service {
    fn new(entry: Entry) -> Self {
        Self { entry, child: None, restarts: 0, order: 0, next: None }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stopping {
    No,
    /// One after the other is asked; this one is the present one.
    InTurn(Option<Pid>),
    /// All have been killed.
    Killed,
}

struct House<'a> {
    options: &'a Superv,
    signals: Signals,
    services: Vec<Service>,
    started: u64,
    stopping: Stopping,
    /// Why superv cannot go on; the first reason counts.
    failed: Option<Failure>,
}

impl House<'_> {
    /// Until nobody runs any more.
    fn run(&mut self) -> Result<(), Failure> {
        let failed = |errno| Failure::system("wait", errno);
        loop {
            self.reap().map_err(failed)?;
            self.stop_next().map_err(failed)?;
            if self.services.iter().all(|service| service.child.is_none()) {
                return Ok(());
            }
            match self.signals.next().map_err(failed)?.signal.0 {
                libc::SIGTERM | libc::SIGINT => self.asked_to_end().map_err(failed)?,
                libc::SIGHUP => self.reload().map_err(failed)?,
                _ => {}
            }
        }
    }

    fn tell(&mut self, line: String) {
        if let Err(failure) = print(line) {
            self.fail(failure);
        }
    }

    /// superv cannot go on: it stops its children, and says why in the end.
    fn fail(&mut self, failure: Failure) {
        self.failed.get_or_insert(failure);
        if self.stopping == Stopping::No {
            self.stopping = Stopping::InTurn(None);
        }
    }

    fn start(&mut self, index: usize) {
        if self.stopping != Stopping::No {
            return;
        }
        let service = &mut self.services[index];
        let command: Vec<OsString> = service.entry.command.iter().map(OsString::from).collect();
        match child::start("superv", &command, Streams::Apart, &self.signals) {
            Ok(pid) => {
                self.started += 1;
                (service.child, service.order) = (Some(pid), self.started);
                let line = format!("start {} {pid}\n", service.entry.name);
                self.tell(line);
            }
            Err(errno) => self.fail(Failure::system("fork", errno)),
        }
    }

    /// Takes note of everybody who has ended: five deaths may be one SIGCHLD.
    fn reap(&mut self) -> nix::Result<()> {
        loop {
            match child::reap(None) {
                Ok(Some((pid, End::Code(code)))) => self.has_ended(pid, &format!("code={code}"), code == 0),
                Ok(Some((pid, End::Signal(signal)))) => self.has_ended(pid, &format!("sig={signal}"), false),
                Ok(None) | Err(Errno::ECHILD) => return Ok(()),
                Err(errno) => return Err(errno),
            }
        }
    }

    fn has_ended(&mut self, pid: Pid, how: &str, is_good: bool) {
        let found = self.services.iter().position(|service| service.child == Some(pid));
        let Some(index) = found else { return };
        self.services[index].child = None;
        let line = format!("exit {} {pid} {how}\n", self.services[index].entry.name);
        self.tell(line);
        let service = &mut self.services[index];
        match service.next.take() {
            Some(Some(entry)) => {
                *service = Service::new(entry);
                self.start(index);
            }
            Some(None) => drop(self.services.remove(index)),
            None => {
                let again = match service.entry.restart {
                    Restart::Always => true,
                    Restart::Never => false,
                    Restart::OnFailure => !is_good,
                };
                if again && service.restarts < service.entry.max && self.stopping == Stopping::No {
                    service.restarts += 1;
                    self.start(index);
                }
            }
        }
    }

    /// SIGTERM asks for the end; a second one does not ask.
    fn asked_to_end(&mut self) -> nix::Result<()> {
        if self.stopping == Stopping::No {
            self.stopping = Stopping::InTurn(None);
            return Ok(());
        }
        self.stopping = Stopping::Killed;
        for pid in self.services.iter().filter_map(|service| service.child) {
            signal_group(pid, Signal::SIGKILL)?;
        }
        Ok(())
    }

    /// Asks the next one to end, when the one before has ended.
    fn stop_next(&mut self) -> nix::Result<()> {
        let Stopping::InTurn(present) = self.stopping else { return Ok(()) };
        let alive = |pid| self.services.iter().any(|service| service.child == Some(pid));
        if present.is_some_and(alive) {
            return Ok(());
        }
        let running = self.services.iter().filter(|service| service.child.is_some());
        let last = running.max_by_key(|service| service.order).and_then(|service| service.child);
        self.stopping = Stopping::InTurn(last);
        last.map_or(Ok(()), ask_to_end)
    }

    /// Takes a new table, or keeps the old one.
    fn reload(&mut self) -> nix::Result<()> {
        if self.stopping != Stopping::No {
            return Ok(());
        }
        let entries = match table::read(&self.options.file) {
            Ok(entries) => entries,
            Err(failure) => {
                say(&format!("superv: {}", failure.text));
                return Ok(());
            }
        };
        self.tell("reload\n".to_owned());
        for service in &mut self.services {
            let now = entries.iter().find(|entry| entry.name == service.entry.name);
            // Who has been asked to end cannot stay, even if its line is back.
            let leaves = service.next.is_some() || now != Some(&service.entry);
            service.next = leaves.then(|| now.cloned());
        }
        self.apply(&entries)
    }

    /// Asks those to end whose lines are gone, and starts those whose lines are new.
    fn apply(&mut self, entries: &[Entry]) -> nix::Result<()> {
        for service in self.services.iter().filter(|service| service.next.is_some()) {
            service.child.map_or(Ok(()), ask_to_end)?;
        }
        self.services.retain(|service| service.child.is_some() || service.next.is_none());
        for entry in entries {
            if self.services.iter().all(|service| service.entry.name != entry.name) {
                self.services.push(Service::new(entry.clone()));
                self.start(self.services.len() - 1);
            }
        }
        Ok(())
    }
}
// END SOLUTION
