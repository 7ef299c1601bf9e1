//! `dnc sum`: adds the numbers of a file, in processes that share a table of results.

use std::fs;
use std::path::Path;

use crate::child::Crew;
use crate::failure::Failure;
use crate::ledger::Ledger;
use crate::{output, parts, work};

/// Prints the sum of the numbers in `file`, found by `n` processes: this one and its children.
///
/// # Errors
/// When the file cannot be read, a line is no number, or a part is lost.
pub fn run(file: &Path, n: usize) -> Result<(), Failure> {
    let name = file.display().to_string();
    let text = fs::read(file).map_err(|error| Failure::io(&name, &error))?;
    let parts = parts::cut(&text, n);
    let tallies = tally_all(&parts)?;

    let (mut sum, mut lines) = (0, 0);
    for tally in tallies {
        if tally.bad > 0 {
            return Err(Failure::malformed(name, lines + tally.bad, "not a number"));
        }
        sum += tally.sum;
        lines += tally.lines;
    }
    output::print(&format!("{sum}\n"))
}

/// What a part comes to.
#[derive(Debug, Default)]
struct Tally {
    sum: i128,
    lines: u64,
    /// The first line that is no number, from 1; 0 if all are numbers.
    bad: u64,
}

/// Adds part 0 here and each other in a child of its own. Parts without lines are left out.
fn tally_all(parts: &[&[u8]]) -> Result<Vec<Tally>, Failure> {
    let table = Ledger::new((parts.len() * Tally::SIZE) as u64)?;
    let mut crew = Crew::new(parts.len())?;
    let others: Vec<usize> = (1..parts.len()).filter(|&part| !parts[part].is_empty()).collect();
    for &part in &others {
        crew.start(part, |_| table.write(Tally::place(part), &tally(part, parts[part])?.to_bytes()))?;
    }
    let mut tallies = vec![tally(0, parts[0])?];
    for part in others {
        crew.finish(part)?;
        tallies.push(Tally::from_bytes(&table.read(Tally::place(part), Tally::SIZE)?));
    }
    Ok(tallies)
}

fn tally(part: usize, text: &[u8]) -> Result<Tally, Failure> {
    work::begin()?;
    let mut tally = Tally::default();
    for line in parts::lines(text) {
        tally.lines += 1;
        match work::number(line) {
            Some(number) => tally.sum += i128::from(number),
            None => {
                tally.bad = tally.lines;
                break;
            }
        }
    }
    work::report(&format!("part {part}"));
    Ok(tally)
}

impl Tally {
    /// Bytes in the table.
    const SIZE: usize = 32;

    fn place(part: usize) -> u64 {
        (part * Tally::SIZE) as u64
    }

    fn to_bytes(&self) -> Vec<u8> {
        [&self.sum.to_le_bytes()[..], &self.lines.to_le_bytes(), &self.bad.to_le_bytes()].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Tally {
        let mut whole = [0; Tally::SIZE];
        whole.copy_from_slice(bytes);
        let (sum, rest) = whole.split_at(16);
        let (lines, bad) = rest.split_at(8);
        let number = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().unwrap_or_default());
        Tally {
            sum: i128::from_le_bytes(sum.try_into().unwrap_or_default()),
            lines: number(lines),
            bad: number(bad),
        }
    }
}
