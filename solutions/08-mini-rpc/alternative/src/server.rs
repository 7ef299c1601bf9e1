//! The server: a few threads that take events from one epoll. See `epoll(7)` (EPOLLONESHOT), `timerfd_create(2)`.
//!
//! Each source of events is armed for one event; the thread that got it deals with it, and arms it again. No thread
//! waits for a client: what cannot go on now leaves its thread, and comes back as an event.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use ipc_kit::retry;
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::eventfd::EventFd;
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};

use crate::failure::{complain, failed, reason};
use crate::interface::METHODS;
use crate::journal::Journal;
use crate::link::{Link, lock};
use crate::listen::Listening;
use crate::options::ServerOptions;
use crate::random;
use crate::root::Root;
use crate::signals::Signals;
use crate::state::State;

/// So many threads take events, whatever the number of calls.
const WORKERS: usize = 4;

/// The tokens of what is there once; connections and gates have the numbers from `OTHERS`.
mod token {
    pub(super) const LISTENER: u64 = 0;
    pub(super) const SIGNALS: u64 = 1;
    pub(super) const TIMER: u64 = 2;
    pub(super) const STOP: u64 = 3;
    pub(super) const OTHERS: u64 = 4;
}

/// What all threads share.
#[derive(Debug)]
pub struct Server {
    /// Who is ready?
    pub epoll: Epoll,
    /// See [`State`].
    pub state: Mutex<State>,
    /// The folder of `open` and `gate`.
    pub root: Option<Root>,
    /// Who may call what: method and uid.
    pub restrict: Vec<(String, u32)>,
    /// The number of this rpcd.
    pub instance: u64,
    /// How long a callback may stay without an answer.
    pub lease: Duration,
    /// So many files may one connection have open.
    pub handles_max: usize,
    pub(crate) links: Mutex<HashMap<u64, Arc<Link>>>,
    next: AtomicU64,
    listening: Listening,
    is_local: bool,
    /// The listener is not armed, because there was no descriptor for a client.
    is_full: AtomicBool,
    timer: TimerFd,
    stop: EventFd,
}

/// Serves clients until SIGTERM or SIGINT.
///
/// # Errors
/// If it cannot start, or the threads cannot.
pub fn run(options: &ServerOptions) -> anyhow::Result<()> {
    if let Some((name, _)) =
        options.restrict.iter().find(|(name, _)| METHODS.iter().all(|known| known.name != *name))
    {
        anyhow::bail!("{name}: unknown method");
    }
    let root = options.root.as_deref().map(Root::open).transpose()?;
    let signals = Signals::block().map_err(|errno| failed("signals", errno))?;
    let listening = Listening::open(&options.address)?;
    let server = Server::new(options, root, listening)?;
    server.register(&signals).map_err(|errno| failed("epoll", errno))?;
    server.listening.announce().map_err(|error| anyhow::anyhow!("stdout: {error}"))?;
    thread::scope(|scope| {
        for _ in 1..WORKERS {
            let worker = thread::Builder::new().spawn_scoped(scope, || server.work());
            if let Err(error) = worker {
                // With fewer threads it does the same.
                complain(&format!("rpcd: thread: {error}"));
            }
        }
        server.work();
    });
    Ok(())
}

impl Server {
    fn new(options: &ServerOptions, root: Option<Root>, listening: Listening) -> anyhow::Result<Self> {
        let fresh = random::number().map_err(|errno| failed("random number", errno))?;
        let journal = options.journal.as_deref().map(|path| Journal::open(path, fresh)).transpose()?;
        let (journal, instance, records) = match journal {
            Some((journal, instance, records)) => (Some(journal), instance, records),
            None => (None, fresh, Vec::new()),
        };
        Ok(Self {
            epoll: Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map_err(|errno| failed("epoll", errno))?,
            state: Mutex::new(State::new(options.slots, journal, &records)),
            root,
            restrict: options.restrict.clone(),
            instance,
            lease: options.lease,
            handles_max: descriptors() / 4,
            links: Mutex::default(),
            next: AtomicU64::new(token::OTHERS),
            is_local: !matches!(options.address, crate::address::Address::Tcp(_)),
            listening,
            is_full: AtomicBool::new(false),
            timer: TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK)
                .map_err(|errno| failed("timer", errno))?,
            stop: EventFd::new().map_err(|errno| failed("eventfd", errno))?,
        })
    }

    fn register(&self, signals: &Signals) -> nix::Result<()> {
        let once = EpollFlags::EPOLLIN | EpollFlags::EPOLLONESHOT;
        self.epoll.add(&self.listening, EpollEvent::new(once, token::LISTENER))?;
        self.epoll.add(signals, EpollEvent::new(once, token::SIGNALS))?;
        self.epoll.add(&self.timer, EpollEvent::new(once, token::TIMER))?;
        // Not once: it wakes every thread, for good.
        self.epoll.add(&self.stop, EpollEvent::new(EpollFlags::EPOLLIN, token::STOP))
    }

    /// A token that nobody has.
    pub fn token(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    fn work(&self) {
        loop {
            let mut events = [EpollEvent::empty()];
            match retry(|| self.epoll.wait(&mut events, EpollTimeout::NONE)) {
                Ok(_) => {}
                Err(errno) => return complain(&format!("rpcd: epoll: {}", reason(errno))),
            }
            match events[0].data() {
                token::LISTENER => self.accept(),
                token::SIGNALS => self.end(),
                token::TIMER => self.expire(),
                token::STOP => return,
                other => self.serve(other),
            }
        }
    }

    fn accept(&self) {
        loop {
            match self.listening.accept() {
                Ok(socket) => self.welcome(Link::new(self.token(), socket, self.is_local)),
                Err(Errno::ECONNABORTED) => {}
                Err(Errno::EAGAIN) => break,
                Err(errno) => {
                    complain(&format!("rpcd: accept: {}", reason(errno)));
                    // Until a descriptor is free: an armed listener would wake us again and again.
                    return self.is_full.store(true, Ordering::SeqCst);
                }
            }
        }
        self.listen();
    }

    fn listen(&self) {
        let once = EpollFlags::EPOLLIN | EpollFlags::EPOLLONESHOT;
        if let Err(errno) = self.epoll.modify(&self.listening, &mut EpollEvent::new(once, token::LISTENER)) {
            complain(&format!("rpcd: epoll: {}", reason(errno)));
        }
    }

    /// A descriptor is free again.
    pub fn has_closed(&self) {
        if self.is_full.swap(false, Ordering::SeqCst) {
            self.listen();
        }
    }

    fn welcome(&self, link: Link) {
        let link = Arc::new(link);
        lock(&self.links).insert(link.id, Arc::clone(&link));
        let once = EpollFlags::EPOLLIN | EpollFlags::EPOLLONESHOT;
        if let Err(errno) = self.epoll.add(&*link, EpollEvent::new(once, link.id)) {
            complain(&format!("rpcd: epoll: {}", reason(errno)));
            lock(&self.links).remove(&link.id);
        }
    }

    fn serve(&self, token: u64) {
        let link = lock(&self.links).get(&token).map(Arc::clone);
        match link {
            Some(link) => {
                let is_over = self.serve_link(&link);
                // Only now its descriptor is free.
                drop(link);
                if is_over {
                    self.has_closed();
                }
            }
            None => self.serve_gate(token),
        }
    }

    fn expire(&self) {
        let mut state = lock(&self.state);
        self.set_timer(&mut state);
        let once = EpollFlags::EPOLLIN | EpollFlags::EPOLLONESHOT;
        if let Err(errno) = self.epoll.modify(&self.timer, &mut EpollEvent::new(once, token::TIMER)) {
            complain(&format!("rpcd: epoll: {}", reason(errno)));
        }
    }

    /// Ends what is over, and sets the timer for the next; setting it also takes away its event.
    pub fn set_timer(&self, state: &mut State) {
        let now = Instant::now();
        let set = match state.expire(now, &self.epoll) {
            Some(due) => {
                let left =
                    TimeSpec::from_duration(due.saturating_duration_since(now).max(Duration::from_nanos(1)));
                self.timer.set(Expiration::OneShot(left), TimerSetTimeFlags::empty())
            }
            None => self.timer.unset(),
        };
        if let Err(errno) = set {
            complain(&format!("rpcd: timer: {}", reason(errno)));
        }
    }

    fn end(&self) {
        lock(&self.state).stop(&self.epoll);
        if let Err(errno) = self.stop.write(1) {
            complain(&format!("rpcd: eventfd: {}", reason(errno)));
        }
    }
}

/// How many descriptors there may be: as many as we are allowed to ask for.
fn descriptors() -> usize {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return 1024 };
    let is_raised = setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok();
    usize::try_from(if is_raised { hard } else { soft }).unwrap_or(usize::MAX)
}
