//! `pool serve --unix`: task lines from clients, which the workers answer themselves.

use std::io::{self, Write};

use crate::boss::{Body, Boss};
use crate::clients::{Clients, Rules};
use crate::doors;
use crate::failure::Failure;
use crate::listen;
use crate::options::Lines;
use crate::pool::{Plan, Pool};
use crate::run::own_scope;
use crate::signals;

/// Serves until SIGTERM.
///
/// # Errors
/// What keeps pool from starting.
pub fn run(options: &Lines) -> Result<u8, Failure> {
    signals::hold().map_err(|errno| Failure::system("signal", errno))?;
    // The name goes when this function returns.
    let (listener, _name) = listen::unix(&options.path)?;
    let stages = options.stages.clone();
    let is_divided = stages.iter().all(|stage| !stage.name.is_empty());
    let parts = is_divided.then_some(stages.len());
    let rules = Rules { scope: own_scope().into(), parts, queue: options.queue.max(1) };
    let clients = Clients::new(rules, listener)?;
    let plan = Plan { stages, queue: options.queue, retries: options.retries, ..Plan::default() };
    let pool = start(plan, &format!("unix:{}", options.path.display()))?;
    let bodies: [Body<Clients>; 1] = [("doorkeeper".to_owned(), Box::new(doors::keep))];
    let (_, status) = Boss::run(pool, clients, bodies.into())?;
    Ok(status)
}

/// Starts the workers, then tells that clients may come.
///
/// # Errors
/// When there are no workers, or nobody can be told.
pub fn start(plan: Plan, address: &str) -> Result<Pool, Failure> {
    let mut pool = Pool::start(plan)?;
    let mut stdout = io::stdout();
    let told = stdout.write_all(format!("ready {address}\n").as_bytes()).and_then(|()| stdout.flush());
    told.map_err(|error| Failure::io("stdout", &error)).inspect_err(|_| pool.abandon())?;
    Ok(pool)
}
