//! The command of a started program, as a student may type it.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::text::{clip, printf, visible};

/// Input of so many bytes can be copied with the command.
const SHORT: usize = 600;

/// How the program gets its input, for the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Typed {
    /// All at once, before the command.
    Before(Vec<u8>),
    /// Little by little, by the check; kept open.
    Later,
    /// Little by little, at a terminal.
    Terminal,
    /// The command says it, or there is none.
    Otherwise,
}

/// A command to copy: `umask 077; printf 'exit 3\n' | psh    # each read and write moves one byte`.
#[derive(Debug)]
pub(crate) struct Line {
    /// What the shell does to itself first, `umask 077; `.
    pub(crate) before: String,
    /// Program and arguments.
    pub(crate) command: String,
    /// What no command can say.
    pub(crate) notes: Vec<String>,
    pub(crate) input: Typed,
    /// What was sent so far, of the two kinds of `Later`.
    pub(crate) sent: Mutex<Vec<u8>>,
}

impl Line {
    /// Notes what the check has sent to the program's standard input.
    pub(crate) fn note_sent(&self, bytes: &[u8]) {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
    }
}

impl fmt::Display for Line {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let mut notes = self.notes.clone();
        let input = match &self.input {
            Typed::Before(bytes) if bytes.len() <= SHORT => format!("{} | ", printf(bytes)),
            Typed::Before(bytes) => {
                notes.push(format!("with {} bytes on stdin", bytes.len()));
                String::new()
            }
            Typed::Later if !sent.is_empty() && sent.len() <= SHORT => {
                notes.push("its stdin stays open".to_owned());
                format!("({}; cat) | ", printf(&sent))
            }
            Typed::Later => {
                notes.push("its stdin stays open".to_owned());
                String::new()
            }
            Typed::Terminal if sent.is_empty() => {
                notes.push("on a terminal".to_owned());
                String::new()
            }
            Typed::Terminal => {
                notes.push(format!("on a terminal; typed: {}", clip(&keys(&sent), SHORT)));
                String::new()
            }
            Typed::Otherwise => String::new(),
        };
        write!(out, "{}{input}{}", self.before, self.command)?;
        if notes.is_empty() { Ok(()) } else { write!(out, "    # {}", notes.join("; ")) }
    }
}

/// What was typed: `^C` for control-C.
fn keys(bytes: &[u8]) -> String {
    let is_control = |byte: &u8| byte.is_ascii_control() && !b"\n\t".contains(byte);
    let shown = |run: &[u8]| match run.split_last() {
        Some((key, before)) if is_control(key) => format!("{}^{}", visible(before), char::from(key ^ 0x40)),
        _ => visible(run),
    };
    bytes.split_inclusive(is_control).map(shown).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Typed::Otherwise, "", "", "psh")]
    #[case(Typed::Before(b"pwd\n".to_vec()), "umask 077; ", "", "umask 077; printf 'pwd\\n' | psh")]
    #[case(Typed::Before(vec![b'x'; 1000]), "", "", "psh    # with 1000 bytes on stdin")]
    #[case(Typed::Later, "", "", "psh    # its stdin stays open")]
    #[case(
        Typed::Later,
        "ulimit -n 9; ",
        "jobs\n",
        "ulimit -n 9; (printf 'jobs\\n'; cat) | psh    # its stdin stays open"
    )]
    #[case(Typed::Terminal, "", "\u{1a}fg\n", "psh    # on a terminal; typed: ^Zfg\\n")]
    fn a_command_can_be_copied_with_its_input(
        #[case] input: Typed,
        #[case] before: &str,
        #[case] sent: &str,
        #[case] expected: &str,
    ) {
        let line = Line {
            before: before.to_owned(),
            command: "psh".to_owned(),
            notes: Vec::new(),
            input,
            sent: Mutex::default(),
        };
        line.note_sent(sent.as_bytes());
        assert_eq!(line.to_string(), expected);
    }
}
