//! A game of life to watch, computed by several processes; and the timetable of a broadcast.
//!
//! Usage: divide-conquer life [SHAPE] [--ranks N] [--rows N] [--generations N] [--pause MILLISECONDS]
//!        divide-conquer tree RANKS
//! SHAPE is blinker, glider, pentomino, acorn (the default) or ship. On a terminal the game is animated, with a pause
//! of 80 ms; Ctrl-C ends it. Elsewhere the generations are printed one below the other.

use anyhow::{Context, Result};
use divide_conquer::board::Board;
use divide_conquer::life::{Halo, Life};
use divide_conquer::schedule;
use divide_conquer::screen::{self, Screen};
use divide_conquer::stop::Stop;
use nix::sys::signal::Signal;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str =
    "usage: divide-conquer life [SHAPE] [--ranks N] [--rows N] [--generations N] [--pause MILLISECONDS]
       divide-conquer tree RANKS
SHAPE: blinker, glider, pentomino, acorn or ship; 1 to 64 ranks, not more than rows; 1 to 200 rows";

enum Plan {
    Life(Game),
    Tree(usize),
}

struct Game {
    board: Board,
    ranks: usize,
    generations: u64,
    pause: Duration,
}

fn main() -> ExitCode {
    let Some(plan) = plan(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let done = match plan {
        Plan::Life(game) => play(&game),
        Plan::Tree(ranks) => print_tree(ranks).map(|()| 0),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("divide-conquer: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Plays to the end (0), or until a signal comes (128 + its number, as shells tell it).
///
/// Without an animation no signal is blocked: there is no cursor to bring back, so Ctrl-C may end the program where it
/// is. The ranks ask the kernel to die with it.
fn play(game: &Game) -> Result<u8> {
    let animated = screen::is_animated();
    // Before the cursor is hidden, and before the ranks are made: they inherit it.
    let stop = animated.then(Stop::subscribe).transpose()?;
    let mut screen = Screen::new(animated, game.board.0.len(), game.ranks)?;
    let mut life = Life::start(&game.board, game.ranks, game.generations, Halo::Swapped)?;
    screen.draw(0, &game.board)?;
    for generation in 1..=game.generations {
        if let Some(stop) = &stop
            && let Some(signal) = until_next(stop, &mut screen, &life, game.pause)?
        {
            return Ok(128 + u8::try_from(signal as i32)?);
        }
        screen.draw(generation, &life.next_generation()?)?;
    }
    life.finish().map(|()| 0)
}

/// Waits for the pause and for each rank's strip, or for a signal that ends the game.
fn until_next(stop: &Stop, screen: &mut Screen, life: &Life, pause: Duration) -> Result<Option<Signal>> {
    let mut signal = stop.within(pause)?;
    for strip in life.strips() {
        while let Some(found) = signal.take().map_or_else(|| stop.before(strip), |one| Ok(Some(one)))? {
            if found != Signal::SIGTSTP {
                return Ok(Some(found));
            }
            screen.leave()?;
            stop.pause()?;
            screen.come_back()?;
        }
    }
    Ok(None)
}

fn print_tree(ranks: usize) -> Result<()> {
    let text = schedule::text(&schedule::tree(ranks));
    std::io::stdout().write_all(text.as_bytes()).context("print the timetable")
}

fn plan(mut words: impl Iterator<Item = String>) -> Option<Plan> {
    match words.next()?.as_str() {
        "life" => game(words).map(Plan::Life),
        "tree" => {
            let ranks = number(&words.next()?, 1, 64)?;
            words.next().is_none().then_some(Plan::Tree(ranks))
        }
        _ => None,
    }
}

fn game(mut words: impl Iterator<Item = String>) -> Option<Game> {
    let (mut shape, mut ranks, mut rows, mut generations, mut pause) = (None, None, None, None, None);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--ranks" if ranks.is_none() => ranks = Some(number(&words.next()?, 1, 64)?),
            "--rows" if rows.is_none() => rows = Some(number(&words.next()?, 1, 200)?),
            "--generations" if generations.is_none() => {
                generations = Some(number(&words.next()?, 0, 1_000_000)?);
            }
            "--pause" if pause.is_none() => pause = Some(number(&words.next()?, 0, 60_000)?),
            word if shape.is_none() && !word.starts_with('-') => shape = Some(word.to_owned()),
            _ => return None,
        }
    }
    let (ranks, rows) = (ranks.unwrap_or(4), rows.unwrap_or(20));
    let board = Board::with(shape.as_deref().unwrap_or("acorn"), rows)?;
    (ranks <= rows).then_some(())?;
    let pause = Duration::from_millis(u64::try_from(pause.unwrap_or(80)).ok()?);
    Some(Game { board, ranks, generations: u64::try_from(generations.unwrap_or(500)).ok()?, pause })
}

fn number(word: &str, least: usize, most: usize) -> Option<usize> {
    word.parse().ok().filter(|number| (least..=most).contains(number))
}
