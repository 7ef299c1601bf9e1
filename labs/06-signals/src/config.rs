//! The configuration of flushd: which word it answers with. Given.

use std::fs;
use std::path::Path;

use nix::errno::Errno;

use crate::failure::Failure;

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `answer WORD`.
    pub answer: String,
}

impl Default for Config {
    fn default() -> Self {
        Self { answer: "done".to_owned() }
    }
}

/// Reads a configuration.
///
/// # Errors
/// A file that cannot be read (status 1), a line that is wrong (status 2).
pub fn read(path: &Path) -> Result<Config, Failure> {
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::system(path.display(), error.raw_os_error().map_or(Errno::EILSEQ, Errno::from_raw))
    })?;
    let mut answer = None;
    for (index, line) in text.lines().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let read = match words.as_slice() {
            [] => Ok(()),
            [first, ..] if first.starts_with('#') => Ok(()),
            ["answer", word] if !is_word(word) => Err("bad word"),
            ["answer", word] if answer.is_none() => {
                answer = Some((*word).to_owned());
                Ok(())
            }
            ["answer", _] => Err("answer given twice"),
            _ => Err("unknown keyword"),
        };
        read.map_err(|reason| Failure {
            text: format!("{}: line {}: {reason}", path.display(), index + 1),
            status: 2,
        })?;
    }
    Ok(answer.map_or_else(Config::default, |answer| Config { answer }))
}

fn is_word(word: &str) -> bool {
    (1..=32).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
