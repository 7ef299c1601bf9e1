//! Correct programs that wait most of the time are never called stuck.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use libtest_mimic::{Failed, Trial};

use crate::house::{House, Room};
use crate::order::{Answer, Order, Task};
use crate::table::Live;
use crate::ways::{Way, ask};

/// How many rounds the loop beside busy programs makes; `AUTOPSY_ROUNDS` overrides it.
const ROUNDS: u32 = 1;
/// The same for the ignored trial: with 27 programs, 216 runs.
const MANY_ROUNDS: u32 = 8;
/// How often one program is examined in one run.
const LOOKS: u32 = 12;

/// One trial a program and a way, and the loop of all of them beside busy programs.
pub(crate) fn trials(house: &Arc<House>) -> Vec<Trial> {
    let mut trials = Vec::new();
    for (way, word) in
        [(Way::User, "the_user"), (Way::Nobody, "nobody"), (Way::Sandbox, "a_referee_in_the_sandbox")]
    {
        if way.missing().is_some() {
            continue;
        }
        for live in &house.table.live {
            let name = format!("{word}_accuses_no_living_program::{}", live.name.replace('-', "_"));
            let (house, live) = (Arc::clone(house), live.clone());
            trials.push(Trial::test(name, move || failed(doubt(&house, way, &live).map(drop))));
        }
    }
    for (rounds, is_ignored, word) in [(ROUNDS, false, "once"), (MANY_ROUNDS, true, "in_200_runs")] {
        let house = Arc::clone(house);
        let name = format!("beside_busy_programs_no_living_program_is_accused::{word}");
        trials.push(
            Trial::test(name, move || failed(beside_busy(&house, rounds))).with_ignored_flag(is_ignored),
        );
    }
    trials
}

fn failed(result: Result<()>) -> Result<(), Failed> {
    result.map_err(|error| Failed::from(format!("{error:#}")))
}

/// Examines one program again and again. Returns how often.
fn doubt(house: &House, way: Way, live: &Live) -> Result<u32> {
    let room = Room::new(house)?;
    let task = Task::Doubt { times: LOOKS, closed: live.opened_by.is_none() };
    let order = Order { says_ready: true, ..Order::new(house, &room, &live.name, task) };
    match ask(house, way, &order)? {
        Answer::Doubted { looks, steps } => {
            // A program that does not move is no test.
            ensure!(steps > 0, "{} did not move in {looks} looks", live.name);
            Ok(looks)
        }
        Answer::Accused { world, text } => {
            bail!("{} was called stuck in the {world} world:\n{text}", live.name)
        }
        Answer::Failed(reason) => bail!("{}: {reason}", live.name),
        other => bail!("the reader answered {other:?}"),
    }
}

/// Programs that burn processor time, as many as there are processors and two more.
struct Busy(Vec<Child>);

impl Busy {
    fn start() -> Result<Self> {
        let processors = std::thread::available_parallelism().context("count the processors")?.get();
        let mut busy = Self(Vec::new());
        for _ in 0..processors + 2 {
            let mut command = Command::new("sh");
            // Bounded, should we be killed before we can end it.
            command.args(["-c", "ulimit -t 3600; while :; do :; done"]).stdin(Stdio::null());
            busy.0.push(command.spawn().context("start a busy program")?);
        }
        Ok(busy)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        for child in &mut self.0 {
            if let Err(error) = child.kill().and_then(|()| child.wait()) {
                eprintln!("suite: end a busy program: {error}");
            }
        }
    }
}

fn beside_busy(house: &House, rounds: u32) -> Result<()> {
    let rounds = match std::env::var("AUTOPSY_ROUNDS") {
        Ok(text) => text.parse().with_context(|| format!("read AUTOPSY_ROUNDS={text}"))?,
        Err(_) => rounds,
    };
    let _busy = Busy::start()?;
    let (mut runs, mut looks) = (0, 0);
    for _ in 0..rounds {
        for live in &house.table.live {
            looks += doubt(house, Way::User, live)?;
            runs += 1;
        }
    }
    println!("{runs} runs of {} programs, {looks} looks, no accusation", house.table.live.len());
    Ok(())
}
