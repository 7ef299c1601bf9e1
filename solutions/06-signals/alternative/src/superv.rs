//! `superv`: keeps programs running.
//!
//! One epoll set holds a descriptor for each thing that may happen: the signals (a signalfd) and the end of each child (a
//! pidfd). No SIGCHLD is needed, so none can be lost.

mod watch;

use std::ffi::OsString;
use std::fs::File;
use std::os::fd::AsFd;

use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::child::{self, Child, Streams, ask_to_end, signal_group};
use crate::failure::{Failure, print, say};
use crate::names::Sig;
use crate::options::Superv;
use crate::signals::set_default;
use crate::table::{self, Entry, Restart};
use crate::wait::{self, End};

use watch::{Orders, Watch};

/// Runs it, and gives its exit status.
///
/// # Errors
/// What the contract has a message for.
pub fn run(options: &Superv) -> Result<u8, Failure> {
    let watch = Watch::new().map_err(failed("signalfd"))?;
    // If it were ignored, the kernel would reap our children.
    set_default(Sig(libc::SIGCHLD)).map_err(failed("sigaction"))?;
    let null = File::open("/dev/null").map_err(|error| {
        Failure::system("/dev/null", error.raw_os_error().map_or(Errno::EINVAL, Errno::from_raw))
    })?;
    let table = table::read(&options.file)?;
    let mut supervisor = Supervisor {
        options,
        watch,
        null,
        table,
        running: Vec::new(),
        orders: Orders::default(),
        stage: Stage::Running,
        failure: None,
        is_mute: false,
    };
    let ended = supervisor.supervise();
    if ended.is_err() {
        // The system has failed us; whoever still runs must not outlive us unseen.
        supervisor.kill_all();
    }
    ended?;
    supervisor.failure.map_or(Ok(0), Err)
}

fn failed(what: &'static str) -> impl Fn(Errno) -> Failure {
    move |errno| Failure::system(what, errno)
}

/// A child, from its start to its `exit` line.
struct Running {
    entry: Entry,
    restarts: u32,
    child: Child,
    /// Its line is gone or another: it was asked to end, and its old line starts nothing.
    is_unwanted: bool,
}

/// How far superv has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Running,
    /// Children are ended one by one; this one was asked last.
    Ending(Option<Pid>),
    /// All have been killed.
    Killing,
}

struct Supervisor<'a> {
    options: &'a Superv,
    watch: Watch,
    null: File,
    table: Vec<Entry>,
    /// In the order of their starts.
    running: Vec<Running>,
    orders: Orders,
    stage: Stage,
    /// Why superv ends, if nobody has asked it to.
    failure: Option<Failure>,
    /// Standard output has failed, and gets no more.
    is_mute: bool,
}

impl Supervisor<'_> {
    fn supervise(&mut self) -> Result<(), Failure> {
        for entry in self.table.clone() {
            self.start(entry, 0)?;
        }
        loop {
            self.act()?;
            if self.running.is_empty() {
                break;
            }
            for pid in self.watch.wait().map_err(failed("epoll_wait"))? {
                // What was ordered before this end was seen holds for what follows from it.
                self.act()?;
                self.reap(pid)?;
            }
        }
        self.print("bye");
        Ok(())
    }

    /// Does what the signals so far have ordered.
    fn act(&mut self) -> Result<(), Failure> {
        self.watch.read_into(&mut self.orders).map_err(failed("signalfd"))?;
        if self.is_ending() {
            return self.end_the_next();
        }
        if std::mem::take(&mut self.orders.reload) {
            self.reload()?;
        }
        Ok(())
    }

    fn is_ending(&self) -> bool {
        self.orders.ends > 0 || self.failure.is_some()
    }

    /// Starts a program, unless superv is to end.
    fn start(&mut self, entry: Entry, restarts: u32) -> Result<(), Failure> {
        self.watch.read_into(&mut self.orders).map_err(failed("signalfd"))?;
        if self.is_ending() {
            return Ok(());
        }
        let command: Vec<OsString> = entry.command.iter().map(OsString::from).collect();
        let child = match child::start("superv", &command, Streams::Apart(self.null.as_fd())) {
            Ok(child) => child,
            Err(errno) => {
                self.failure = Some(Failure::system("fork", errno));
                return Ok(());
            }
        };
        let line = format!("start {} {}", entry.name, child.pid);
        let watched = self.watch.add(&child);
        self.running.push(Running { entry, restarts, child, is_unwanted: false });
        self.print(&line);
        watched.map_err(failed("epoll_ctl"))
    }

    /// Tells a child's end, and starts what is to be started then.
    fn reap(&mut self, pid: Pid) -> Result<(), Failure> {
        let Some(index) = self.running.iter().position(|running| running.child.pid == pid) else {
            return Ok(());
        };
        let Some(end) =
            wait::reap_if_ended(self.running[index].child.pidfd.as_fd()).map_err(failed("waitid"))?
        else {
            return Ok(());
        };
        // With this its pidfd is closed at the end, and that takes it out of the epoll set.
        let ended = self.running.remove(index);
        let name = &ended.entry.name;
        match end {
            End::Code(code) => self.print(&format!("exit {name} {pid} code={code}")),
            End::Killed(signal) => self.print(&format!("exit {name} {pid} sig={signal}")),
        }
        self.start_again(ended, end)
    }

    fn start_again(&mut self, ended: Running, end: End) -> Result<(), Failure> {
        let Running { entry: old, restarts, .. } = ended;
        if ended.is_unwanted {
            let new = self.table.iter().find(|entry| entry.name == old.name).cloned();
            return new.map_or(Ok(()), |entry| self.start(entry, 0));
        }
        let shall = match old.restart {
            Restart::Always => true,
            Restart::Never => false,
            Restart::OnFailure => end != End::Code(0),
        };
        if shall && restarts < old.max { self.start(old, restarts + 1) } else { Ok(()) }
    }

    /// Takes the new table, if it is right.
    fn reload(&mut self) -> Result<(), Failure> {
        let new = match table::read(&self.options.file) {
            Ok(new) => new,
            Err(failure) => {
                say(&format!("superv: {}", failure.text));
                return Ok(());
            }
        };
        self.print("reload");
        let old = std::mem::replace(&mut self.table, new.clone());
        self.ask_the_unwanted();
        for entry in new {
            let runs = self.running.iter().any(|running| running.entry.name == entry.name);
            if !runs && !old.contains(&entry) {
                self.start(entry, 0)?;
            }
        }
        Ok(())
    }

    /// Asks those whose line is no longer in the table.
    fn ask_the_unwanted(&mut self) {
        for running in &mut self.running {
            if !running.is_unwanted && !self.table.contains(&running.entry) {
                running.is_unwanted = true;
                complain(ask_to_end(running.child.pid));
            }
        }
    }

    /// Asks the child that was started last; when it has gone, the one before. A second order kills all.
    fn end_the_next(&mut self) -> Result<(), Failure> {
        if self.stage == Stage::Killing {
            return Ok(());
        }
        if self.orders.ends > 1 {
            self.kill_all();
            self.stage = Stage::Killing;
            return Ok(());
        }
        let last = self.running.last().map(|running| running.child.pid);
        if let Some(pid) = last
            && self.stage != Stage::Ending(last)
        {
            complain(ask_to_end(pid));
        }
        self.stage = Stage::Ending(last);
        Ok(())
    }

    fn kill_all(&self) {
        for running in &self.running {
            complain(signal_group(running.child.pid, Signal::SIGKILL));
        }
    }

    /// A line on standard output. If that fails, superv ends.
    fn print(&mut self, line: &str) {
        if self.is_mute {
            return;
        }
        if let Err(failure) = print(format!("{line}\n")) {
            self.is_mute = true;
            self.failure.get_or_insert(failure);
        }
    }
}

/// A child that has changed its user cannot be signalled. That is no reason to leave the others alone.
fn complain(sent: nix::Result<()>) {
    if let Err(errno) = sent {
        say(&format!("superv: {}", Failure::system("kill", errno).text));
    }
}
