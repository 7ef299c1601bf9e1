//! The scripts of `ranks`: a line for each step, `RANKS COMMAND ARGS`. Given. The README lists the commands.

use std::fs;
use std::path::Path;

use crate::failure::Failure;

/// Said when `ranks` is called in a wrong way.
pub const USAGE: &str = "usage: ranks SCRIPT";

/// What a rank is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The line of the script, from 1.
    pub line: u64,
    /// How often.
    pub times: u64,
    /// The command and its arguments.
    pub words: Vec<String>,
}

/// The steps of one rank, in their order. `%` in an argument is replaced by the rank.
///
/// # Errors
/// When the script cannot be read, or a line is wrong.
pub fn read(path: &Path, rank: usize) -> Result<Vec<Step>, Failure> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|error| Failure::io(&name, &error))?;
    let mut steps = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        if text.is_empty() || text.starts_with("//") {
            continue;
        }
        let mut words: Vec<String> =
            text.split_whitespace().map(|word| word.replace('%', &rank.to_string())).collect();
        let is_mine = includes(&words.remove(0), rank)
            .ok_or_else(|| Failure::malformed(&name, line, "RANKS is *, or as in 0,2,5-7"))?;
        let mut times = 1;
        if words.first().is_some_and(|word| word == "times") {
            times = words.get(1).and_then(|word| word.parse().ok()).unwrap_or(0);
            words.drain(..2.min(words.len()));
        }
        if words.is_empty() || times == 0 {
            return Err(Failure::malformed(&name, line, "RANKS COMMAND ARGS, or RANKS times K COMMAND ARGS"));
        }
        if is_mine {
            steps.push(Step { line, times, words });
        }
    }
    Ok(steps)
}

/// Whether `ranks` (`*`, `3`, `0,2,5-7`) includes this one; `None` if it is no such list.
fn includes(ranks: &str, rank: usize) -> Option<bool> {
    if ranks == "*" {
        return Some(true);
    }
    let mut is_in = false;
    for part in ranks.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        is_in |= (first..=last).contains(&rank);
    }
    Some(is_in)
}
