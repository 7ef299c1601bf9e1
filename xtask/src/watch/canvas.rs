//! The terminal as a canvas: a frame is written in one piece, and only if it is another one than before.

use std::io::{self, Write as _};

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};
use anyhow::Context as _;

use super::keys::{Key, Terminal};
use super::screen::{Size, screen};
use super::state::State;

/// The terminal's size where it does not tell.
const USUAL: Size = Size { rows: 24, columns: 80 };

#[derive(Debug)]
pub(super) struct Canvas {
    terminal: Terminal,
    /// The frame on the screen; `None` before the first, when cargo has the terminal.
    drawn: Option<Vec<String>>,
    /// What is on the screen is not ours: it shall stay to be read, above.
    is_over_text: bool,
    has_colours: bool,
}

impl Canvas {
    pub(super) fn new(terminal: Terminal) -> Self {
        let has_colours = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
        Self { terminal, drawn: None, is_over_text: true, has_colours }
    }

    /// From now on frames are drawn.
    pub(super) fn begin(&mut self) {
        self.drawn.get_or_insert_default();
    }

    /// Writes the frame of a state.
    pub(super) fn draw(&mut self, state: &State) -> anyhow::Result<()> {
        let Some(drawn) = &mut self.drawn else { return Ok(()) };
        let size = console::Term::stdout().size_checked();
        let size = size.map_or(USUAL, |(rows, columns)| Size { rows: rows.into(), columns: columns.into() });
        let mut lines = screen(state, size);
        if !self.has_colours {
            lines = lines.iter().map(|line| strip_str(line).to_string()).collect();
        }
        if lines == *drawn {
            return Ok(());
        }
        let mut frame = String::new();
        if std::mem::take(&mut self.is_over_text) {
            frame.push_str(&"\n".repeat(size.rows));
        } else if drawn.is_empty() {
            frame.push_str("\x1b[2J");
        }
        frame.push_str("\x1b[H");
        frame.push_str(&lines.join("\x1b[K\r\n"));
        frame.push_str("\x1b[J");
        *drawn = lines;
        let mut out = io::stdout().lock();
        out.write_all(frame.as_bytes()).and_then(|()| out.flush()).context("write to the terminal")
    }

    /// The window has another size, or the terminal may be in other modes: draw all of it again.
    pub(super) fn renew(&mut self) -> anyhow::Result<()> {
        if let Some(drawn) = &mut self.drawn {
            drawn.clear();
        }
        self.terminal.retake()
    }

    /// Gives the terminal to somebody else, until `renew`.
    pub(super) fn leave(&mut self) -> anyhow::Result<()> {
        self.end_line()?;
        self.terminal.give_back()
    }

    /// Who writes next begins a line of its own, and a frame after that leaves it to be read.
    fn end_line(&mut self) -> anyhow::Result<()> {
        if self.drawn.is_none() || std::mem::replace(&mut self.is_over_text, true) {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        out.write_all(b"\r\n").and_then(|()| out.flush()).context("write to the terminal")
    }

    /// What was typed, once there is something; `None` when the terminal is gone.
    pub(super) fn typed(&self) -> Option<Vec<Key>> {
        self.terminal.typed()
    }
}

impl Drop for Canvas {
    fn drop(&mut self) {
        // A terminal that is gone needs no new line.
        let _ = self.end_line();
    }
}
