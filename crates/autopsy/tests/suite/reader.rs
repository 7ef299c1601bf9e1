//! The reader: starts one case as a check would, waits until it is ready, and asks `autopsy`. Under the sandbox it is the
//! referee.

use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::sys::prctl;
use sandbox::Confinement;
use sandbox::protocol::{CONFIG_VAR, Config, Record, Verdict};

use crate::look;
use crate::order::{Answer, Order, Task};
use crate::specimen::{Specimen, reap};

/// Seconds after which a reader that nobody ends is killed, so that it cannot hang the suite: a watchdog.
const WATCHDOG: u32 = 900;

/// Does what `order` says and prints the answer.
pub(crate) fn main(order: &str) -> ExitCode {
    nix::unistd::alarm::set(WATCHDOG);
    if let Err(error) = sandbox::cloexec_from_3() {
        eprintln!("suite reader: keep the cases clean: {error}");
        return ExitCode::FAILURE;
    }
    let told = work(order).unwrap_or_else(|error| (None, Answer::Failed(format!("{error:#}"))));
    match answer(told) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("suite reader: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// To the verdict pipe, if there is one; else to standard output.
fn answer((verdict, answer): (Option<i32>, Answer)) -> Result<()> {
    let text = serde_json::to_string(&answer).context("encode the answer")?;
    let Some(fd) = verdict else {
        println!("{text}");
        return Ok(());
    };
    let record = Record { test: "reader".to_owned(), verdict: Verdict::Pass, text, seed: 0 };
    let mut line = serde_json::to_vec(&record).context("encode the answer")?;
    line.push(b'\n');
    std::io::Write::write_all(&mut verdict_pipe(fd), &line).context("write the answer")
}

#[allow(unsafe_code, reason = "the runner hands a descriptor over by its number")]
fn verdict_pipe(fd: i32) -> std::fs::File {
    use std::os::fd::FromRawFd;
    // SAFETY: the sandbox opened this number for this process alone; nothing else here uses it.
    unsafe { std::fs::File::from_raw_fd(fd) }
}

fn work(order: &str) -> Result<(Option<i32>, Answer)> {
    let order: Order = serde_json::from_str(order).context("read the order")?;
    let (verdict, confinement) = match std::env::var(CONFIG_VAR) {
        Err(_) => {
            prctl::set_child_subreaper(true).context("become the subreaper")?;
            (None, None)
        }
        Ok(config) => {
            let config: Config = serde_json::from_str(&config).context("read the config")?;
            sandbox::shield(config.verdict_fd)?;
            (config.verdict_fd, Some(Confinement::new(&config)?))
        }
    };
    let done = case(&order, confinement);
    Ok((verdict, done.unwrap_or_else(|error| Answer::Failed(format!("{error:#}")))))
}

fn case(order: &Order, confinement: Option<Confinement>) -> Result<Answer> {
    if order.refused {
        autopsy::pretend_attach_is_refused();
    }
    let mut specimen = Specimen::start(order, confinement)?;
    if order.says_ready {
        specimen.ready()?;
    } else {
        specimen.at_rest()?;
    }
    match order.task {
        Task::Tell { closed } => {
            let told = |closed| look::tell(&look::scene(order, specimen.members(), closed)).map(Box::new);
            Ok(Answer::Told { open: told(false)?, closed: closed.then(|| told(true)).transpose()? })
        }
        Task::Doubt { times, closed } => doubt(order, &mut specimen, times, closed),
        Task::Wait => loop {
            std::thread::park();
        },
    }
}

/// Looks after which a program that still has not moved is given up: a watchdog.
const MOST_LOOKS: u32 = 10_000;

/// Asks for a proof again and again while the program goes on; and further, until it has gone on. Sends it a byte after each
/// look, as a check may; most do not read it.
fn doubt(order: &Order, specimen: &mut Specimen, times: u32, closed: bool) -> Result<Answer> {
    let before = specimen.steps();
    let (mut looks, mut steps) = (0, 0);
    while looks < times || (steps == 0 && looks < MOST_LOOKS) {
        for closed in [false, true].into_iter().filter(|world| closed || !world) {
            if let Some(text) = look::accuse(&look::scene(order, specimen.members(), closed)) {
                let world = if closed { "closed" } else { "open" };
                return Ok(Answer::Accused { world: world.to_owned(), text });
            }
            looks += 1;
        }
        specimen.send()?;
        reap(specimen.pid())?;
        steps = specimen.steps().saturating_sub(before);
    }
    Ok(Answer::Doubted { looks, steps })
}
