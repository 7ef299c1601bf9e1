//! What the kernel carries without a descriptor of its own kind: a POSIX message queue, and a signal.

use std::ffi::CString;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, ensure};
use nix::errno::Errno;
use nix::mqueue::{MQ_OFlag, MqAttr, MqdT, mq_open, mq_receive, mq_send, mq_unlink};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::Pid;

use super::channel::{Channel, Mechanism};

/// What an ordinary user may have in one message, and in one queue.
const LARGEST: usize = 8192;
const DEPTH: i64 = 10;

pub(super) const QUEUE: Mechanism = Mechanism { name: "POSIX mq", largest: LARGEST, make: queue };
pub(super) const SIGNAL: Mechanism = Mechanism { name: "signal", largest: 0, make: signal };

struct Queue(MqdT);

impl Channel for Queue {
    fn send(&mut self, message: &[u8]) -> anyhow::Result<()> {
        mq_send(&self.0, message, 0).context("mq_send")
    }

    fn receive(&mut self, message: &mut [u8]) -> anyhow::Result<()> {
        let mut priority = 0;
        let came = mq_receive(&self.0, message, &mut priority).context("mq_receive")?;
        ensure!(came == message.len(), "a message of {came} bytes came");
        Ok(())
    }
}

fn queue(size: usize, _: &Path) -> anyhow::Result<Box<dyn Channel>> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = CString::new(format!("/ipc-bench-{}-{number}", std::process::id()))?;
    let size = i64::try_from(size).context("a message has a size")?;
    let attributes = MqAttr::new(0, DEPTH, size, 0);
    let flags = MQ_OFlag::O_CREAT | MQ_OFlag::O_EXCL | MQ_OFlag::O_RDWR;
    let queue = mq_open(name.as_c_str(), flags, Mode::from_bits_truncate(0o600), Some(&attributes));
    let queue = queue.context("make a message queue")?;
    // Both sides inherit it: it needs no name.
    mq_unlink(name.as_c_str()).context("remove the queue's name")?;
    Ok(Box::new(Queue(queue)))
}

/// A message is that SIGUSR1 came; it carries nothing.
struct Signals {
    set: SigSet,
    other: Option<Pid>,
}

impl Channel for Signals {
    fn send(&mut self, _: &[u8]) -> anyhow::Result<()> {
        let other = self.other.context("know whom to signal")?;
        kill(other, Signal::SIGUSR1).context("kill")
    }

    fn receive(&mut self, _: &mut [u8]) -> anyhow::Result<()> {
        loop {
            match self.set.wait() {
                Err(Errno::EINTR) => {}
                came => break came.context("sigwait").map(drop),
            }
        }
    }

    fn meet(&mut self, other: Pid) {
        self.other = Some(other);
    }
}

fn signal(_: usize, _: &Path) -> anyhow::Result<Box<dyn Channel>> {
    let mut set = SigSet::empty();
    set.add(Signal::SIGUSR1);
    // Both sides inherit the mask; a signal that is not blocked would kill.
    set.thread_block().context("block SIGUSR1")?;
    Ok(Box::new(Signals { set, other: None }))
}
