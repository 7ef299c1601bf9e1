//! Starts a program under ptrace(2) and follows it and its descendants to their end.

use std::process::Command;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result};
use nix::sys::ptrace::Options;
use tracer::attach;
use tracer::stops::{self, Event};

use super::session::Session;
use super::{Fault, Report};
use crate::ended::Ending;
use crate::failure::OWN_THREAD;
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
fn launch(mut command: Command, shared: &Shared, name: &str) -> Result<i32> {
    let (root, _child) = shared.tree.start_root(|| spawn_command(&mut command, name))?;
    sandbox::while_nobody_forks(|| drop(command));
    attach(root, Options::empty()).with_context(|| format!("trace {name}"))?;
    Ok(root)
}
