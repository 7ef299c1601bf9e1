//! Every case, in every way: the verdicts, the cause, the sentence.

use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use libtest_mimic::{Failed, Trial};

use crate::house::{House, Room};
use crate::normal::normal;
use crate::order::{Answer, Order, Task, Told};
use crate::rewrite;
use crate::table::Case;
use crate::ways::{Way, ask};

/// One trial a case and a way.
pub(crate) fn trials(house: &Arc<House>) -> Vec<Trial> {
    Way::ALL.into_iter().flat_map(|way| of_way(house, way)).collect()
}

fn of_way(house: &Arc<House>, way: Way) -> Vec<Trial> {
    if let Some(reason) = way.missing() {
        return vec![skipped(format!("{}::nothing", way.sentence()), &reason)];
    }
    let of_case = |case: &Case| {
        let name = format!("{}::{}", way.sentence(), case.name.replace('-', "_"));
        if let (Way::Sandbox, Some(reason)) = (way, &case.not_in_sandbox) {
            return skipped(name, reason);
        }
        let (house, case) = (Arc::clone(house), case.clone());
        Trial::test(name, move || {
            told(&house, way, &case).map_err(|error| Failed::from(format!("{error:#}")))
        })
    };
    house.table.case.iter().map(of_case).collect()
}

/// A trial that cannot be made here, by its name.
fn skipped(name: String, reason: &str) -> Trial {
    Trial::test(format!("{name} (skipped: {reason})"), || Ok(()))
}

fn told(house: &House, way: Way, case: &Case) -> Result<()> {
    let room = Room::new(house)?;
    let task = Task::Tell { closed: case.closed.is_some() };
    let order = Order { says_ready: case.says_ready, ..Order::new(house, &room, &case.name, task) };
    let answer = ask(house, way, &order)?;
    let left = room.processes();
    ensure!(left.is_empty(), "the reader left processes: {left:?}");
    let (open, closed) = match answer {
        Answer::Told { open, closed } => (open, closed),
        Answer::Failed(reason) => bail!("{reason}"),
        other => bail!("the reader answered {other:?}"),
    };
    let temp =
        if way == Way::Sandbox { "/tmp" } else { room.temp.path().to_str().context("name the folder")? };
    let plain = |text: &str| normal(text, &room.token, temp);
    let last = closed.as_deref().unwrap_or(&open);
    if rewrite::is_asked_for() && [Way::User, Way::Refused].contains(&way) {
        rewrite::keep(case, way == Way::Refused, &open.verdict, last, closed.is_some(), plain);
        return Ok(());
    }
    judge(case, way, &open.verdict, closed.as_deref(), last, plain)
        .with_context(|| format!("it said:\n{}\n{} {:?}", plain(&last.full), last.verdict, last.causes))
}

/// Compares with the table. `last` is the report of the closed world, if that was asked for.
fn judge(
    case: &Case,
    way: Way,
    open: &str,
    closed: Option<&Told>,
    last: &Told,
    plain: impl Fn(&str) -> String,
) -> Result<()> {
    let verdicts: Vec<&str> = std::iter::once(open).chain(closed.map(|told| told.verdict.as_str())).collect();
    let full = plain(&last.full);
    let has = |text: &str, sentence: &str| text.lines().any(|line| line.contains(sentence));
    if way == Way::Refused {
        ensure!(verdicts == case.refused, "verdicts {verdicts:?}, not {:?}", case.refused);
        ensure!(has(&full, &case.refused_says), "it does not say: {}", case.refused_says);
        let lacks = "not known: the system call of";
        ensure!(has(&full, lacks) || !needs_call(case), "it does not say what it lacks");
        return Ok(());
    }
    let wanted: Vec<&str> = std::iter::once(&case.open).chain(&case.closed).map(String::as_str).collect();
    ensure!(verdicts == wanted, "verdicts {verdicts:?}, not {wanted:?}");
    ensure!(has(&full, &case.says), "it does not say: {}", case.says);
    ensure!(last.causes == case.causes, "causes {:?}, not {:?}", last.causes, case.causes);
    let fix = last.fixes.first().map(|fix| plain(fix));
    ensure!(fix == case.fix, "the first advice is {fix:?}, not {:?}", case.fix);
    let short = plain(&last.short);
    // Long names of the run make the real line longer than what is compared, so its end may be cut off.
    let start: String = case.says.chars().take(80).collect();
    ensure!(case.only_in_full || has(&short, &start), "the short form does not say: {start}\n{short}");
    ensure!(last.short.lines().all(|line| line.chars().count() <= 210), "too long a line:\n{short}");
    Ok(())
}

/// Whether the key thread sleeps, so that its system call is missed.
fn needs_call(case: &Case) -> bool {
    case.refused_says.contains("sleeps in the kernel") || case.refused_says.contains(" waits for input")
}
