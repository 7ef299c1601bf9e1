//! The boss: one thread for each worker, one lock for all they know.
//!
//! A *keeper* waits for its worker, in poll(2) on a channel that nobody else waits for, then reaps and replaces it. So
//! each keeper reads like a program that has one worker only. Other threads bring lines, write results, watch leases;
//! the main thread waits for SIGTERM. Nobody waits for two things at once, so there is no event loop.
//!
//! **Threads and fork.** A child has one thread, and every lock as it was: one that another thread held is never
//! released. Therefore a thread of the boss does *everything* with the lock in its hand (*monitor*), allocation and
//! messages included, and forks with it. Without it, it only waits: in poll, read, write or waitpid with memory that it
//! has already, or for the lock. The first workers are made before there are threads. The beginning of a thread
//! allocates outside the lock, but [`Boss::run`] lets nobody go on before all have begun; and a thread ends only when
//! no worker is made any more. (POSIX promises a child of a process with threads the async-signal-safe calls only. What
//! it guards against are exactly these locks; glibc takes those of malloc and stdio itself around fork.)
//!
//! **Why a worker that is given up is killed at once.** Its keeper reaps it before the task is tried again. So no two
//! attempts of one boss ever overlap, and nothing it says late can count.

use std::sync::{Arc, Barrier, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use crate::failure::Failure;
use crate::pool::{Front, Pool};
use crate::signals::{self, Event};

/// The status after SIGTERM: 128 and its number.
const TERMINATED: u8 = 143;
/// A thread waits, and handles short lines.
const STACK: usize = 192 << 10;

/// All that the threads share.
#[derive(Debug)]
pub struct Boss<F> {
    desk: Mutex<Desk<F>>,
    /// There may be a task for a keeper without a worker, or all is over.
    work: Condvar,
    /// A lease has begun.
    lease: Condvar,
    /// What the front's own threads wait for.
    pub changed: Condvar,
    /// All threads have begun.
    begun: Barrier,
}

/// What the lock protects.
#[derive(Debug)]
pub struct Desk<F> {
    /// The workers.
    pub pool: Pool,
    /// The tasks.
    pub front: F,
    has_failed: bool,
    is_terminated: bool,
    is_over: bool,
}

/// The lock, held.
pub type Held<'a, F> = MutexGuard<'a, Desk<F>>;

/// A thread of the front: its name, and what it does.
pub type Body<F> = (String, Box<dyn FnOnce(&Boss<F>) + Send>);

impl<F: Front> Boss<F> {
    /// Runs the threads until all has ended. Gives the front and the status, 0 where nothing went wrong.
    ///
    /// # Errors
    /// When a thread cannot be started; the workers have ended then.
    pub fn run(pool: Pool, front: F, bodies: Vec<Body<F>>) -> Result<(Arc<Boss<F>>, u8), Failure> {
        let (keepers, has_leases) = (pool.size(), pool.has_leases());
        let threads = keepers + bodies.len() + usize::from(has_leases);
        let desk = Desk { pool, front, has_failed: false, is_terminated: false, is_over: false };
        let (work, lease, changed) = (Condvar::new(), Condvar::new(), Condvar::new());
        let boss = Boss { desk: Mutex::new(desk), work, lease, changed, begun: Barrier::new(threads + 1) };
        let boss = Arc::new(boss);
        let mut all = bodies;
        all.extend((0..keepers).map(|slot| -> Body<F> {
            (format!("keeper {}", slot + 1), Box::new(move |boss| boss.keep(slot)))
        }));
        if has_leases {
            all.push(("leases".to_owned(), Box::new(Boss::watch_leases)));
        }
        for (name, body) in all {
            let boss_of_thread = Arc::clone(&boss);
            let begin = move || {
                boss_of_thread.begun.wait();
                body(&boss_of_thread);
            };
            if let Err(error) = thread::Builder::new().name(name).stack_size(STACK).spawn(begin) {
                boss.lock().pool.abandon();
                return Err(Failure::io("fork", &error));
            }
        }
        boss.begun.wait();
        let status = boss.attend()?;
        Ok((boss, status))
    }

    /// Takes the lock.
    pub fn lock(&self) -> Held<'_, F> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the lock back and waits until `bell` rings.
    pub fn wait<'a>(&self, bell: &Condvar, held: Held<'a, F>) -> Held<'a, F> {
        bell.wait(held).unwrap_or_else(PoisonError::into_inner)
    }

    /// The main thread: waits for SIGTERM, and for the end.
    fn attend(&self) -> Result<u8, Failure> {
        self.proceed(&mut self.lock());
        loop {
            let event = signals::wait().map_err(|errno| Failure::system("signal", errno))?;
            let mut desk = self.lock();
            if event == Event::Termination {
                desk.is_terminated = true;
                desk.pool.is_draining = true;
                self.proceed(&mut desk);
            } else if desk.is_over {
                let failed = u8::from(desk.has_failed);
                return Ok(if desk.is_terminated { TERMINATED } else { failed });
            }
        }
    }

    /// Does all that has become possible by what has just happened.
    pub fn proceed(&self, desk: &mut Desk<F>) {
        let Desk { pool, front, .. } = desk;
        if pool.is_draining {
            front.drain();
        } else {
            pool.dispatch(front);
        }
        if !pool.is_ending && front.is_done(pool.is_draining) && pool.is_quiet() {
            pool.end();
        }
        if pool.is_ending && pool.is_empty() && !desk.is_over {
            desk.is_over = true;
            signals::tell_over();
        }
        if pool.has_leases() {
            self.lease.notify_one();
        }
        if pool.is_one_task() || pool.is_ending {
            self.work.notify_all();
        }
        self.changed.notify_all();
    }

    /// If something has gone wrong, says so, and no attempt starts any more.
    pub fn check(&self, desk: &mut Desk<F>, result: Result<(), Failure>) {
        if let Err(failure) = result {
            failure.complain();
            desk.pool.is_draining = true;
            desk.has_failed = true;
        }
    }

    /// A keeper: the life of one worker after another.
    fn keep(&self, slot: usize) {
        let mut desk = self.lock();
        while !desk.pool.is_ending || desk.pool.channel(slot).is_some() {
            desk = match desk.pool.channel(slot) {
                Some(channel) => {
                    drop(desk);
                    channel.wait();
                    let desk = self.lock();
                    self.listen(slot, &channel, desk)
                }
                None => self.find_work(slot, desk),
            };
        }
    }

    /// The worker has answered or is dead.
    fn listen<'a>(
        &'a self,
        slot: usize,
        channel: &crate::channel::Channel,
        mut desk: Held<'a, F>,
    ) -> Held<'a, F> {
        let Desk { pool, front, .. } = &mut *desk;
        let result = match channel.receive() {
            Ok(Some(message)) => pool.answered(slot, &message.bytes, front),
            // What cannot be read is of no more use than its end.
            Ok(None) | Err(_) => {
                let Some(pid) = pool.is_lost(slot) else { return desk };
                drop(desk);
                let status = ipc_kit::wait_for(pid);
                desk = self.lock();
                let Desk { pool, front, .. } = &mut *desk;
                match status {
                    Ok(status) => pool.reaped(slot, status, front),
                    Err(errno) => Err(Failure::system("waitpid", errno)),
                }
            }
        };
        self.check(&mut desk, result);
        self.proceed(&mut desk);
        desk
    }

    /// In fork mode: makes a worker for the next task, or waits for one.
    fn find_work<'a>(&'a self, slot: usize, mut desk: Held<'a, F>) -> Held<'a, F> {
        let Desk { pool, front, .. } = &mut *desk;
        let hired =
            if pool.is_one_task() && !pool.is_draining { pool.hire_for_task(slot, front) } else { Ok(false) };
        if matches!(hired, Ok(false)) {
            return self.wait(&self.work, desk);
        }
        self.check(&mut desk, hired.map(drop));
        self.proceed(&mut desk);
        desk
    }

    /// Waits for the next lease to pass, again and again.
    fn watch_leases(&self) {
        let mut desk = self.lock();
        loop {
            let now = Instant::now();
            desk = match desk.pool.next_lease() {
                None => self.wait(&self.lease, desk),
                Some(until) if until > now => {
                    let waited = self.lease.wait_timeout(desk, until - now);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                Some(_) => {
                    desk.pool.expire(now);
                    desk
                }
            };
        }
    }
}
