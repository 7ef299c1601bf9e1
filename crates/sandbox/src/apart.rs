//! Levels `reduced` and `none`: no namespaces. The helper is the subreaper of everything it starts and enforces the
//! end itself: nothing else would survive to do it.

use std::os::fd::OwnedFd;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{ForkResult, Pid, getpid};

use crate::cgroup::Membership;
use crate::confine::Confinement;
use crate::full::{exec_referee, leave_the_output, open_referee};
use crate::helper::{Woke, wait_for_either};
use crate::order::{Message, Order, Status};
use crate::protocol::{Config, Confine};
use crate::spec::{Job, Level};
use crate::supervise::Entry;
use crate::{copy, identity, landlock_rules, overlay, proc, relocate, supervise, sweep, sys};

/// Prepares the work folder, starts the first process, waits, and leaves nobody behind.
pub(crate) fn run(order: &Order, status: &Status, control: &OwnedFd, group: &Membership) -> Result<()> {
    prctl::set_child_subreaper(true).context("become the subreaper")?;
    // If the caller is killed, the control pipe closes: better than to die with it, for nobody else would clean up.
    prctl::set_pdeathsig(None).context("outlive the caller")?;
    prctl::set_dumpable(false).context("stop being dumpable")?;
    let slot = order.slot_uid;
    for (from, to) in &order.copies {
        copy::tree(from, to)?;
    }
    if let (Some(uid), Some(work)) = (slot, &order.work) {
        overlay::give_away(work, uid)?;
    }
    say_what_is_missing(order.level, status)?;
    let first = start(order, &Entry { group: Some(group), slot }, status)?;
    let pidfd = sys::pidfd_open(first).context("open the first process's pidfd")?;
    leave_the_output()?;
    let woke = wait_for_either(&pidfd, control)?;
    let end = if woke == Woke::Child {
        Some(sys::wait4(first).context("wait for the first process")?.1)
    } else {
        None
    };
    // Where this kernel or this user has no such group, the rounds below do it alone; they also reap.
    group.kill();
    kill_all(slot)?;
    if let Some(uid) = slot {
        sweep::remove_objects_of(uid)?;
    }
    match (&order.work, woke) {
        (Some(work), Woke::Stop) => relocate::remove(work).context("remove the work folder"),
        _ => report(order, end, status),
    }
}

fn say_what_is_missing(level: Level, status: &Status) -> Result<()> {
    if level == Level::None {
        return status.send(&Message::Note("nothing is confined at this level".to_owned()));
    }
    let note = "reduced: the host's loopback, disk space and System V memory are open to the programs";
    status.send(&Message::Note(note.to_owned()))?;
    match sys::landlock_abi() {
        0 => anyhow::bail!("landlock: this kernel has none"),
        abi if abi < landlock_rules::ABI_WITH_SCOPES => {
            status.send(&Message::Note(format!("landlock: ABI {abi} has no scopes (they need Linux 6.12)")))
        }
        _ => Ok(()),
    }
}

/// What the programs are told about their confinement.
fn config(order: &Order, base: Config) -> Config {
    let confine = if order.level == Level::Reduced { Confine::Reduced } else { Confine::None };
    let readable = order.spec.ro.iter().map(|bind| bind.from.clone()).collect();
    let writable = order.work.iter().cloned().collect();
    Config { confine, limits: order.spec.limits.program.clone(), readable, writable, ..base }
}

fn start(order: &Order, entry: &Entry<'_>, status: &Status) -> Result<Pid> {
    let spec = &order.spec;
    match &spec.job {
        Job::Exec { argv, cwd } => {
            let confinement = match order.level {
                Level::None => Confinement::limits_only(&spec.limits.program),
                _ => Confinement::new(&config(order, Config::default()))?,
            };
            supervise::start(spec, argv, cwd, &confinement, entry, status)
        }
        Job::Referee { exe, args, cwd, config: base } => {
            let exe = open_referee(exe)?;
            let config = config(order, (**base).clone());
            match sys::fork_alone().context("fork the referee")? {
                ForkResult::Parent { child } => Ok(child),
                ForkResult::Child => {
                    let ready = entry.pass(status).and_then(|()| {
                        prctl::set_pdeathsig(Signal::SIGKILL).context("arm the parent-death signal")
                    });
                    let done =
                        ready.and_then(|()| exec_referee(spec, order.verdict, args, cwd, config, &exe));
                    let error = match done {
                        Ok(never) => match never {},
                        Err(error) => format!("{error:#}"),
                    };
                    let told = status.send(&Message::Failed(error));
                    sys::exit_now(if told.is_ok() { 127 } else { 126 });
                }
            }
        }
    }
}

/// Kills and reaps until no child is left. Whoever is orphaned by a kill becomes our child, so each round sees
/// those that the round before could not; a new round starts whenever one has died.
fn kill_all(slot: Option<u32>) -> Result<()> {
    loop {
        if let Some(uid) = slot {
            kill_as(uid)?;
        }
        for pid in proc::descendants(getpid().as_raw()) {
            match kill(Pid::from_raw(pid), Signal::SIGKILL) {
                Ok(()) | Err(Errno::ESRCH) => {}
                Err(error) => return Err(error).with_context(|| format!("kill process {pid}")),
            }
        }
        if supervise::reap_one()?.is_none() {
            return Ok(());
        }
    }
}

/// Kills every process of a slot's user in one call, which no fork can outrun.
fn kill_as(uid: u32) -> Result<()> {
    match sys::fork_alone().context("fork the killer")? {
        ForkResult::Parent { child } => sys::wait4(child).map(drop).context("wait for the killer"),
        ForkResult::Child => {
            let killed =
                identity::become_slot(uid).is_ok() && kill(Pid::from_raw(-1), Signal::SIGKILL).is_ok();
            sys::exit_now(i32::from(!killed));
        }
    }
}

fn report(order: &Order, end: Option<i32>, status: &Status) -> Result<()> {
    let Some(end) = end else { return Ok(()) };
    if let Job::Referee { .. } = order.spec.job {
        return status.send(&Message::First(end));
    }
    status.send(&Message::Command(end))?;
    if end == 0 { supervise::hand_back(&order.spec.collect, status) } else { Ok(()) }
}
