//! The table of superv: which programs run, and what happens when one ends. Given.

use std::fs;
use std::path::Path;

use nix::errno::Errno;

use crate::failure::Failure;

/// When a program is started again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// Whenever it has ended.
    Always,
    /// Never.
    Never,
    /// When it has ended with a code other than 0, or by a signal.
    OnFailure,
}

/// A line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, which no other line has.
    pub name: String,
    /// When it is started again.
    pub restart: Restart,
    /// How often it is started again, at most.
    pub max: u32,
    /// CMD and its arguments; at least CMD.
    pub command: Vec<String>,
}

/// Reads a table.
///
/// # Errors
/// A file that cannot be read (status 1), a line that is wrong (status 2).
pub fn read(path: &Path) -> Result<Vec<Entry>, Failure> {
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::system(path.display(), error.raw_os_error().map_or(Errno::EILSEQ, Errno::from_raw))
    })?;
    let mut entries: Vec<Entry> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.first().is_none_or(|word| word.starts_with('#')) {
            continue;
        }
        let entry = parse(&words).and_then(|entry| {
            let is_new = entries.iter().all(|other| other.name != entry.name);
            if is_new { Ok(entry) } else { Err("name given twice") }
        });
        let wrong =
            |reason| Failure { text: format!("{}: line {}: {reason}", path.display(), index + 1), status: 2 };
        entries.push(entry.map_err(wrong)?);
    }
    Ok(entries)
}

fn parse(words: &[&str]) -> Result<Entry, &'static str> {
    let [name, restart, max, command @ ..] = words else { return Err("too few words") };
    let restart = match *restart {
        "restart=always" => Restart::Always,
        "restart=never" => Restart::Never,
        "restart=on-failure" => Restart::OnFailure,
        _ => return Err("unknown keyword"),
    };
    let digits = max.strip_prefix("max=").ok_or("unknown keyword")?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let max = is_number.then(|| digits.parse().ok()).flatten().filter(|max| *max <= 1_000_000);
    let command: Vec<String> = command.iter().map(ToString::to_string).collect();
    if command.is_empty() {
        return Err("too few words");
    }
    Ok(Entry { name: (*name).to_owned(), restart, max: max.ok_or("bad number")?, command })
}
