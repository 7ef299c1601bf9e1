//! `flushd`: requests from standard input, one at a time, and orders by signals, at any time.
//!
//! Two threads share one `Desk`, under one lock. The first serves: it waits for input, takes a request, does it. The second
//! watches: when a signal is pending, it takes the lock and does what the signal orders, while the first may stand at a gate.
//! The signal itself is taken under the lock, and the first thread takes those that are pending before it begins a request. So
//! an order that was given before a request began is obeyed before it begins, whichever thread runs first.

mod desk;

use std::io::{self, Stdin};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use ipc_kit::retry;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use crate::config::{self, Config};
use crate::failure::{Failure, print};
use crate::gate;
use crate::options::Flushd;
use crate::record::{Request, Task};

use desk::{Desk, Step};

/// Runs it, and gives its exit status.
///
/// # Errors
/// What the contract has a message for.
pub fn run(options: &Flushd) -> Result<u8, Failure> {
    let signals = take_signals().map_err(failed("signalfd"))?;
    let config = options.config.as_deref().map_or_else(|| Ok(Config::default()), config::read)?;
    // The watching thread may live a little longer than this function: what it uses is for ever.
    let input: &'static Stdin = Box::leak(Box::new(io::stdin()));
    let office = Arc::new(Office {
        signals,
        input: input.as_fd(),
        stop: EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)
            .map_err(failed("eventfd"))?,
        desk: Mutex::new(Desk::new(input.as_fd(), options.config.clone(), config)),
    });
    let watcher = Arc::clone(&office);
    thread::Builder::new()
        .name("watcher".to_owned())
        .spawn(move || watcher.watch())
        .map_err(|error| Failure::system("thread", Errno::from_raw(error.raw_os_error().unwrap_or(0))))?;
    print(format!("ready {}\n", std::process::id()))?;
    office.serve()
}

fn failed(what: &'static str) -> impl Fn(Errno) -> Failure {
    move |errno| Failure::system(what, errno)
}

/// Blocks the signals in this thread, from which the other one inherits it: they come out of this descriptor only.
fn take_signals() -> nix::Result<SignalFd> {
    let set: SigSet =
        [Signal::SIGHUP, Signal::SIGUSR1, Signal::SIGUSR2, Signal::SIGTERM].into_iter().collect();
    set.thread_block()?;
    SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)
}

/// What the two threads share.
struct Office {
    signals: SignalFd,
    input: BorrowedFd<'static>,
    /// Readable as soon as no request shall begin any more. It is never read.
    stop: EventFd,
    desk: Mutex<Desk<'static>>,
}

impl Office {
    /// The second thread: obeys what comes while the first is busy or waits.
    fn watch(&self) {
        loop {
            let waited = wait_for(&[self.signals.as_fd()]);
            let mut desk = self.desk();
            if let Err(errno) = waited {
                desk.fail(Failure::system("poll", errno));
            }
            desk.obey(&self.signals);
            if desk.is_stopping() {
                // Adding 1 to a counter at 0 cannot fail; and then this descriptor stays readable.
                let _ = self.stop.write(1);
            }
            if desk.is_closed() {
                return;
            }
        }
    }

    /// The first thread: gives the exit status.
    fn serve(&self) -> Result<u8, Failure> {
        loop {
            // The lock is held for this one line only.
            let step = self.desk().next(&self.signals);
            match step {
                Step::Do(request, config) => self.answer(request, &config),
                // The signals too: one may have been sent to this thread alone.
                Step::Wait => wait_for(&[self.input, self.signals.as_fd(), self.stop.as_fd()])
                    .map_err(failed("poll"))?,
                Step::End(status) => return status,
            }
        }
    }

    fn answer(&self, request: Request, config: &Config) {
        let (mut bytes, is_done) = match request.task {
            Task::Echo(bytes) => (bytes, true),
            Task::Gate(path) => (Vec::new(), gate::announce(&path).is_ok() && gate::pass(&path).is_ok()),
            Task::Unknown => (Vec::new(), false),
        };
        let word = if is_done { config.answer.as_str() } else { "bad" };
        bytes.extend_from_slice(format!("{word} {}\n", request.seq).as_bytes());
        self.desk().answered(&bytes);
    }

    fn desk(&self) -> MutexGuard<'_, Desk<'static>> {
        // If the other thread has panicked, its half-done order is no reason to lose the rest.
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sleeps until one of these is ready.
fn wait_for(descriptors: &[BorrowedFd<'_>]) -> nix::Result<()> {
    let mut polled: Vec<PollFd<'_>> =
        descriptors.iter().map(|descriptor| PollFd::new(*descriptor, PollFlags::POLLIN)).collect();
    retry(|| poll(&mut polled, PollTimeout::NONE)).map(drop)
}
