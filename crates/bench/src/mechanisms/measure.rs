//! Two processes and a mechanism between them: how long a message is on its way, and how many bytes a second go.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::sys::wait::WaitStatus;
use nix::unistd::{Pid, getppid};

use super::channel::Mechanism;
use super::watchdog::Watchdog;
use super::{MESSAGE, find};
use crate::harness::Setup;
use crate::machine::{Cores, on_core, pin};
use crate::pace::Pace;
use crate::process::be_alone;

/// Round trips that suit a measurement of a fast mechanism; see [`Pace`].
const USUAL_TURNS: usize = 10_000;
/// Round trips before the clock starts, in which the child comes to its processor.
const FIRST_TURNS: usize = 50;
/// Messages and bytes that suit a measurement of a fast mechanism; see [`Pace`].
const USUAL: usize = 100_000;
const USUAL_BYTES: usize = 96 << 20;

/// Microseconds of a message, one way: half of a round trip.
pub(super) fn one_way(setup: &Setup, mechanism: &'static Mechanism, cores: Cores) -> anyhow::Result<f64> {
    let work = |turns| round_trips(mechanism, setup.scratch(), turns, cores);
    Ok(1e6 / Pace::new(setup, USUAL_TURNS).rate(work)? / 2.0)
}

/// How long so many round trips take, when both sides have begun.
fn round_trips(
    mechanism: &'static Mechanism,
    scratch: &Path,
    turns: usize,
    cores: Cores,
) -> anyhow::Result<Duration> {
    let make = || (mechanism.make)(MESSAGE, scratch);
    let (mut there, mut back) = (make()?, make()?);
    let mut message = [7_u8; MESSAGE];
    let child = beside(mechanism, cores.second, || {
        back.meet(getppid());
        for _ in 0..FIRST_TURNS + turns {
            there.receive(&mut message)?;
            back.send(&message)?;
        }
        Ok(())
    })?;
    there.meet(child.0);
    let time = on_core(cores.first, || {
        let mut play = |turns: usize| {
            for _ in 0..turns {
                there.send(&message)?;
                back.receive(&mut message)?;
            }
            anyhow::Ok(())
        };
        play(FIRST_TURNS)?;
        let start = Instant::now();
        play(turns)?;
        Ok(start.elapsed())
    });
    child.end()?;
    time
}

/// Bytes a second of messages of one size, from one core to the other.
pub(super) fn rate(setup: &Setup, mechanism: &'static Mechanism, size: usize) -> anyhow::Result<f64> {
    if size > mechanism.largest {
        bail!("no message of {size} bytes; at most {}", mechanism.largest);
    }
    let work = |count| {
        let start = Instant::now();
        stream(mechanism, setup.scratch(), size, count, setup.cores)?;
        Ok(start.elapsed())
    };
    Ok(Pace::new(setup, USUAL.min(USUAL_BYTES / size)).rate(work)? * size as f64)
}

fn stream(
    mechanism: &'static Mechanism,
    scratch: &Path,
    size: usize,
    count: usize,
    cores: Cores,
) -> anyhow::Result<()> {
    let mut channel = (mechanism.make)(size, scratch)?;
    let mut came = vec![0_u8; size];
    let child = beside(mechanism, cores.second, || {
        for number in 0..count {
            channel.receive(&mut came)?;
            // Every message has its number's low byte; a signal has no bytes.
            let is_right = mechanism.largest == 0 || came[0] == number as u8;
            ensure!(is_right, "message {number} is not the one that was sent");
        }
        Ok(())
    })?;
    channel.meet(child.0);
    let mut message = vec![7_u8; size];
    let sent = on_core(cores.first, || {
        for number in 0..count {
            message[0] = number as u8;
            channel.send(&message)?;
        }
        Ok(())
    });
    child.end()?;
    sent
}

/// The child of a measurement, and who watches both sides.
struct Beside(Pid, Watchdog);

/// Runs one side in a child on a processor.
fn beside(
    mechanism: &'static Mechanism,
    cpu: usize,
    side: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<Beside> {
    be_alone()?;
    let watchdog = Watchdog::new(mechanism)?;
    let child = ipc_kit::run_in_child(|| {
        // An alarm is not inherited; the end of the parent ends this side.
        let result = set_pdeathsig(Signal::SIGKILL).context("die with the parent");
        match result.and_then(|()| pin(0, cpu)).and_then(|()| side()) {
            Ok(()) => 0,
            Err(error) => {
                eprintln!("error: the receiving side: {error:#}");
                1
            }
        }
    });
    Ok(Beside(child.context("fork the other side")?, watchdog))
}

impl Beside {
    fn end(self) -> anyhow::Result<()> {
        let status = ipc_kit::wait_for(self.0).context("wait for the other side")?;
        match status {
            WaitStatus::Exited(_, 0) => Ok(()),
            other => bail!("the other side failed: {other:?}"),
        }
    }
}

/// `bench send NAME COUNT`: sends so many messages to a child. It is run under the counter of system calls.
///
/// # Errors
/// When there is no such mechanism, or it fails.
pub fn send_many(name: &str, count: usize) -> anyhow::Result<()> {
    let mechanism = find(name).with_context(|| format!("there is no mechanism `{name}`"))?;
    let scratch = tempfile::tempdir().context("make a folder for temporary files")?;
    if mechanism.largest == 0 {
        // Signals that nobody has taken yet become one: each waits for its answer.
        return answered(mechanism, scratch.path(), count);
    }
    stream(mechanism, scratch.path(), MESSAGE, count, Cores::find()?)
}

fn answered(mechanism: &'static Mechanism, scratch: &Path, count: usize) -> anyhow::Result<()> {
    let (mut there, mut back) = ((mechanism.make)(MESSAGE, scratch)?, (mechanism.make)(MESSAGE, scratch)?);
    let mut message = [0; MESSAGE];
    let cores = Cores::find()?;
    let child = beside(mechanism, cores.second, || {
        back.meet(getppid());
        // Half of the messages go back.
        for _ in 0..count / 2 {
            there.receive(&mut message)?;
            back.send(&message)?;
        }
        Ok(())
    })?;
    there.meet(child.0);
    for _ in 0..count / 2 {
        there.send(&message)?;
        back.receive(&mut message)?;
    }
    child.end()
}
