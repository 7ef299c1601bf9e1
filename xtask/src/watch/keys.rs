//! Keys one by one, and a terminal that is as it was afterwards, whatever ends the program.

use std::io::{self, IsTerminal as _, Write as _};
use std::os::fd::AsFd as _;

use anyhow::Context as _;
use nix::errno::Errno;
use nix::sys::termios::{
    LocalFlags, SetArg, SpecialCharacterIndices as Index, Termios, tcgetattr, tcsetattr,
};
use nix::unistd::read;

const HIDE_CURSOR: &str = "\x1b[?25l";
const SHOW_CURSOR: &str = "\x1b[?25h";

/// What a student may press.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Hint,
    Explain,
    Next,
    All,
    Quit,
    Space,
    Other,
}

/// The keys in what a terminal sent at once. An arrow or function key is several bytes beginning with ESC, and one key.
pub(super) fn keys(bytes: &[u8]) -> Vec<Key> {
    let mut keys = Vec::new();
    let mut bytes = bytes.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        keys.push(match byte.to_ascii_lowercase() {
            b'h' => Key::Hint,
            b'e' => Key::Explain,
            b'n' => Key::Next,
            b'a' => Key::All,
            b'q' => Key::Quit,
            b' ' => Key::Space,
            _ => Key::Other,
        });
        if byte == 0x1b && bytes.next_if(|next| matches!(next, b'[' | b'O')).is_some() {
            // Parameters, then one final byte: ECMA-48, 5.4.
            while bytes.next_if(|next| (0x20..0x40).contains(next)).is_some() {}
            bytes.next();
        }
    }
    keys
}

/// The terminal, read key by key without an echo. Ctrl-C and Ctrl-Z still make signals.
#[derive(Debug)]
pub(super) struct Terminal {
    before: Termios,
}

impl Terminal {
    /// Whether there is a terminal that can show a screen and send keys.
    pub(super) fn is_there() -> bool {
        let is_dumb = std::env::var_os("TERM").is_none_or(|name| name.is_empty() || name == "dumb");
        io::stdin().is_terminal() && io::stdout().is_terminal() && !is_dumb
    }

    /// Takes the terminal.
    pub(super) fn take() -> anyhow::Result<Self> {
        let before = tcgetattr(io::stdin()).context("read the terminal's modes")?;
        let terminal = Self { before };
        terminal.retake()?;
        Ok(terminal)
    }

    /// Takes it again, after someone else had it.
    pub(super) fn retake(&self) -> anyhow::Result<()> {
        let mut modes = self.before.clone();
        modes.local_flags.remove(LocalFlags::ICANON | LocalFlags::ECHO);
        modes.control_chars[Index::VMIN as usize] = 1;
        modes.control_chars[Index::VTIME as usize] = 0;
        tcsetattr(io::stdin(), SetArg::TCSANOW, &modes).context("set the terminal's modes")?;
        show(HIDE_CURSOR)
    }

    /// Gives it back for a while, or for good. What was typed and not read is dropped, so that the shell does not take
    /// it for a command.
    pub(super) fn give_back(&self) -> anyhow::Result<()> {
        show(SHOW_CURSOR)?;
        tcsetattr(io::stdin(), SetArg::TCSAFLUSH, &self.before).context("restore the terminal's modes")
    }

    /// What was typed, once there is something; `None` when the terminal is gone.
    pub(super) fn typed(&self) -> Option<Vec<Key>> {
        let mut bytes = [0; 64];
        match read(io::stdin().as_fd(), &mut bytes) {
            Ok(0) => None,
            Ok(count) => Some(keys(&bytes[..count])),
            Err(Errno::EINTR | Errno::EAGAIN) => Some(Vec::new()),
            Err(_) => None,
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Nobody is left to hear of an error: the terminal is gone.
        let _ = self.give_back();
    }
}

fn show(codes: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(codes.as_bytes()).and_then(|()| out.flush()).context("write to the terminal")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(b"h", &[Key::Hint])]
    #[case(b"HeNaq ", &[Key::Hint, Key::Explain, Key::Next, Key::All, Key::Quit, Key::Space])]
    #[case(b"\x1b[A", &[Key::Other])]
    #[case(b"\x1b[1;5Aq", &[Key::Other, Key::Quit])]
    #[case(b"\x1bOaq", &[Key::Other, Key::Quit])]
    #[case(b"\x1b", &[Key::Other])]
    #[case("ä".as_bytes(), &[Key::Other, Key::Other])]
    fn bytes_become_keys(#[case] bytes: &[u8], #[case] expected: &[Key]) {
        assert_eq!(keys(bytes), expected);
    }
}
