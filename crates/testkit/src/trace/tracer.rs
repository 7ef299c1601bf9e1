//! Starts a program under ptrace(2) and follows it and its descendants to their end.

use std::process::Command;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, bail};
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::session::Session;
use super::stops::{self, Event};
use super::{Fault, Report};
use crate::failure::OWN_THREAD;
use crate::running::Ending;
use crate::shared::Shared;
use crate::spawn::spawn_command;

/// Starts `command` in a thread of its own, which alone may trace it.
pub(crate) fn start(
    command: Command,
    fault: Fault,
    shared: Arc<Shared>,
    ending: Ending,
    name: &str,
) -> Result<(i32, Arc<Mutex<Report>>)> {
    let (tell, told) = sync_channel(1);
    let report = Arc::default();
    let work = {
        let (name, shared, report) = (name.to_owned(), Arc::clone(&shared), Arc::clone(&report));
        move || follow(command, fault, &shared, &ending, &name, report, &tell)
    };
    let thread = thread::Builder::new().name(format!("{OWN_THREAD}tracer")).spawn(work);
    let thread = thread.context("start a tracer thread")?;
    shared.tracers.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
    let pid = told.recv().context("hear from the tracer")??;
    Ok((pid, report))
}

fn follow(
    command: Command,
    fault: Fault,
    shared: &Shared,
    ending: &Ending,
    name: &str,
    report: Arc<Mutex<Report>>,
    tell: &SyncSender<Result<i32>>,
) {
    let root = match launch(command, shared, name) {
        Ok(root) => root,
        Err(error) => {
            // The receiver waits for exactly one message.
            let _ = tell.send(Err(error));
            return;
        }
    };
    let _ = tell.send(Ok(root));
    let mut session = Session::new(root, fault, report);
    stops::resume(root, 0);
    // Ends with ECHILD when nobody is left.
    while let Ok(stop) = stops::next(!session.holds()) {
        let Some(stop) = stop else {
            session.look_for_rest();
            shared.events.pause(std::time::Duration::from_millis(2));
            continue;
        };
        session.handle(stop);
        if let Event::Ended(status) = stop.event
            && stop.tid == root
        {
            shared.tree.root_ended(root);
            ending.set(Ok(status));
            shared.events.notify();
        }
    }
}

/// Starts the program and stands at its first instruction, with every descendant to be traced too.
///
/// The child asks to be traced (it may be undumpable until its exec, so nobody could seize it earlier). That
/// old way knows no lasting stop by a signal, so it is let go as a stopped process and then seized.
fn launch(mut command: Command, shared: &Shared, name: &str) -> Result<i32> {
    let (root, _child) = shared.tree.start_root(|| spawn_command(&mut command, name))?;
    drop(command);
    let pid = Pid::from_raw(root);
    let wait = |flags| waitpid(pid, Some(flags | WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD));
    match wait(WaitPidFlag::empty()).context("wait for the program's exec")? {
        WaitStatus::Stopped(_, Signal::SIGTRAP) => {}
        other => bail!("trace {name}: after exec came {other:?}"),
    }
    ptrace::detach(pid, Signal::SIGSTOP).context("let the program go, stopped")?;
    match wait(WaitPidFlag::WUNTRACED).context("wait for the program to stop")? {
        WaitStatus::Stopped(_, Signal::SIGSTOP) => {}
        other => bail!("trace {name}: instead of a stop came {other:?}"),
    }
    let options = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_EXITKILL;
    ptrace::seize(pid, options).context("seize the program")?;
    wait(WaitPidFlag::empty()).context("wait for the seized program")?;
    kill(pid, Signal::SIGCONT).context("continue the program")?;
    Ok(root)
}
