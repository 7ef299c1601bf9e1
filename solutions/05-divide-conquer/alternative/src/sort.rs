//! `dnc sort`: sorts the lines of a file, in a tree of processes.
//!
//! How long each sorted range will be is known before anybody sorts. So all results have their places in one ledger, no
//! process waits for another to read, and a parent merges what its child has left.

use std::fs;
use std::path::Path;

use crate::child::Crew;
use crate::failure::Failure;
use crate::ledger::Ledger;
use crate::order::{self, Line};
use crate::{output, parts, work};

/// Prints the lines of `file`, sorted by their keys, found by `n` processes: this one and its descendants.
///
/// # Errors
/// When the file cannot be read, or a part is lost.
pub fn run(file: &Path, n: usize) -> Result<(), Failure> {
    let text = fs::read(file).map_err(|error| Failure::io(file.display().to_string(), &error))?;
    let lines: Vec<Line> = parts::lines(&text).collect();
    let n = n.clamp(1, lines.len().max(1));
    let job = Job::new(&lines, n)?;
    let mut crew = Crew::new(n)?;
    let sorted = job.solve(&mut crew, 0, n)?;
    work::report("part 0");
    // The children are reaped, so nobody is left when the last byte is out.
    output::print_bytes(&sorted)
}

struct Job<'a> {
    lines: &'a [Line<'a>],
    parts: usize,
    /// Where part k begins in the ledger; one more for the end.
    places: Vec<u64>,
    results: Ledger,
}

impl<'a> Job<'a> {
    fn new(lines: &'a [Line<'a>], parts: usize) -> Result<Job<'a>, Failure> {
        let mut places = vec![0];
        for part in 0..parts {
            let bytes: usize =
                lines[parts::share(lines.len(), part, parts)].iter().map(|line| line.len() + 1).sum();
            places.push(places[part] + bytes as u64);
        }
        let results = Ledger::new(places[parts])?;
        Ok(Job { lines, parts, places, results })
    }

    /// The sorted text of `count` parts from `first` on: the right half by a child, the left one by this process.
    fn solve(&self, crew: &mut Crew, first: usize, count: usize) -> Result<Vec<u8>, Failure> {
        if count == 1 {
            work::begin()?;
            let own = &self.lines[parts::share(self.lines.len(), first, self.parts)];
            return Ok(order::text(&order::sorted(own)));
        }
        // The larger half is the child's: so what this process merges in all is less than twice the lines.
        let middle = first + count / 2;
        let right = count - count / 2;
        crew.start(middle, |crew| self.leave(crew, middle, right))?;
        let left = self.solve(crew, first, count / 2)?;
        crew.finish(middle)?;
        let right = self.result(middle, right)?;
        let (left, right): (Vec<Line>, Vec<Line>) =
            (parts::lines(&left).collect(), parts::lines(&right).collect());
        Ok(order::text(&order::merge(&left, &right)))
    }

    /// A child's work: it leaves its result in the ledger.
    fn leave(&self, mut crew: Crew, first: usize, count: usize) -> Result<(), Failure> {
        let sorted = self.solve(&mut crew, first, count)?;
        work::report(&format!("part {first}"));
        self.results.write(self.places[first], &sorted)
    }

    fn result(&self, first: usize, count: usize) -> Result<Vec<u8>, Failure> {
        let length = self.places[first + count] - self.places[first];
        self.results.read(self.places[first], length as usize)
    }
}
