//! The weather board in a terminal: `shm-ring make /weather`, then `show` in one terminal and `look` in another.
//!
//! Usage: shm-ring make|look|remove /NAME
//!        shm-ring show /NAME CELSIUS HUMIDITY
//! CELSIUS is in hundredths of a degree, HUMIDITY in per mille. One terminal at a time may show.
//! See also: `shm_overview(7)`

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, Result};
use shm_ring::board::{self, Board, Reading};
use shm_ring::map::{Mapping, Sharing};
use shm_ring::segment;

const USAGE: &str = "usage: shm-ring make|look|remove /NAME
       shm-ring show /NAME CELSIUS HUMIDITY";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["make", name] => make(name),
        ["look", name] => look(name),
        ["remove", name] => segment::remove(name),
        ["show", name, celsius, humidity] => show(name, celsius, humidity),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("shm-ring: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn make(name: &str) -> Result<()> {
    let memory = segment::create(name, board::LENGTH as u64)?;
    Board::make(Mapping::of(&memory, board::LENGTH, Sharing::Shared)?).map(drop)
}

fn show(name: &str, celsius: &str, humidity: &str) -> Result<()> {
    let celsius = celsius.parse().with_context(|| format!("{celsius:?} is no temperature"))?;
    let humidity = humidity.parse().with_context(|| format!("{humidity:?} is no humidity"))?;
    let board = find(name)?;
    let number = board.look_until_whole().number.wrapping_add(1);
    board.show(Reading { celsius, humidity, number });
    Ok(())
}

fn look(name: &str) -> Result<()> {
    let Reading { celsius, humidity, number } = find(name)?.look_until_whole();
    writeln!(std::io::stdout(), "reading {number}: {celsius} {humidity}").context("print the reading")
}

fn find(name: &str) -> Result<Board> {
    let memory = segment::open(name)?;
    let length = segment::length(&memory)?;
    let mapping =
        Mapping::of(&memory, length, Sharing::Shared).with_context(|| format!("map segment {name}"))?;
    Board::find(mapping).with_context(|| format!("look into segment {name}"))
}
