//! Pictures of the board: one over the other on a terminal, one below the other elsewhere.
//!
//! On a terminal the cursor is hidden while pictures are drawn. Dropping the screen shows it again, whatever happened.

#![allow(unsafe_code, reason = "ioctl(2) TIOCGWINSZ")]

use crate::board::Board;
use crate::cut;
use anyhow::{Context, Result, ensure};
use std::io::{IsTerminal, StdoutLock, Write};
use std::os::fd::AsRawFd;

/// Columns of a picture: the number of the rank, two blanks, 64 cells.
pub const WIDTH: u16 = 68;

const HIDE_CURSOR: &str = "\x1b[?25l";
const SHOW_CURSOR: &str = "\x1b[?25h";
const PLAIN: &str = "\x1b[0m";
const CLEAR_TO_END_OF_LINE: &str = "\x1b[K";
/// The colours of the ranks, in turn: they must be told apart on light and on dark ground.
const COLOURS: [&str; 6] = ["\x1b[36m", "\x1b[33m", "\x1b[32m", "\x1b[35m", "\x1b[34m", "\x1b[31m"];

/// Where pictures go.
#[derive(Debug)]
pub struct Screen {
    out: StdoutLock<'static>,
    animated: bool,
    colours: bool,
    ranks: usize,
    /// Lines of the picture that stands above the cursor.
    drawn: usize,
}

/// Whether standard output is a terminal on which a picture can be drawn over the one before.
#[must_use]
pub fn is_animated() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|name| name != "dumb")
}

impl Screen {
    /// Standard output: `animated`, and coloured if moreover the variable `NO_COLOR` is not set.
    ///
    /// # Errors
    /// When it is a terminal with too little room for pictures of that many rows.
    pub fn new(animated: bool, rows: usize, ranks: usize) -> Result<Self> {
        let out = std::io::stdout().lock();
        if animated && let Some((columns, lines)) = size(&out) {
            let fits = columns >= WIDTH && usize::from(lines) > rows + 1;
            ensure!(
                fits,
                "the terminal has {columns} columns and {lines} lines, but {rows} rows need {WIDTH} and {}: \
                 take a larger window, or fewer --rows",
                rows + 2
            );
        }
        let colours = animated && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let mut screen = Self { out, animated, colours, ranks, drawn: 0 };
        screen.cursor(HIDE_CURSOR)?;
        Ok(screen)
    }

    /// Draws a generation. One write for the whole picture, so that no half of it is seen.
    ///
    /// # Errors
    /// `EPIPE`: nobody reads any more.
    pub fn draw(&mut self, generation: u64, board: &Board) -> Result<()> {
        let mut lines = vec![format!("generation {generation}: {} cells live", board.alive())];
        for rank in 0..self.ranks {
            let rows = &board.0[cut::part(board.0.len(), self.ranks, rank)];
            lines.extend(rows.iter().map(|&row| self.line(rank, &Board::text(row))));
        }
        let end = if self.animated { CLEAR_TO_END_OF_LINE } else { "" };
        let mut text = if self.drawn > 0 { format!("\x1b[{}A", self.drawn) } else { String::new() };
        for line in &lines {
            text += &format!("{line}{end}\n");
        }
        self.drawn = if self.animated { lines.len() } else { 0 };
        self.out.write_all(text.as_bytes()).context("print a generation")?;
        self.out.flush().context("print a generation")
    }

    /// Gives the cursor back while the program stands still; the next picture begins below.
    ///
    /// # Errors
    /// `EPIPE`: nobody reads any more.
    pub fn leave(&mut self) -> Result<()> {
        self.drawn = 0;
        self.cursor(SHOW_CURSOR)
    }

    /// Takes the cursor again.
    ///
    /// # Errors
    /// `EPIPE`: nobody reads any more.
    pub fn come_back(&mut self) -> Result<()> {
        self.cursor(HIDE_CURSOR)
    }

    fn line(&self, rank: usize, cells: &str) -> String {
        if self.colours {
            let colour = COLOURS[rank % COLOURS.len()];
            format!("{colour}{rank:>2}  {cells}{PLAIN}")
        } else {
            format!("{rank:>2}  {cells}")
        }
    }

    fn cursor(&mut self, code: &str) -> Result<()> {
        if self.animated {
            self.out.write_all(code.as_bytes()).context("change the cursor")?;
            self.out.flush().context("change the cursor")?;
        }
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that is gone needs no cursor.
        self.leave().ok();
    }
}

/// Columns and lines of a terminal, if it knows them.
fn size(terminal: &impl AsRawFd) -> Option<(u16, u16)> {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: this request writes one `winsize`, and the pointer is to one.
    let code = unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCGWINSZ, &raw mut size) };
    (code == 0 && size.ws_col > 0 && size.ws_row > 0).then_some((size.ws_col, size.ws_row))
}
