//! The files that are worked on, and what must come out.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;

use super::{GENERATIONS, LINES, NUMBERS, SIDE};
use crate::harness::Setup;
use crate::labs::flow::{self, Output};
use crate::labs::trip::difference;

/// A file, and what must come out of it.
#[derive(Clone)]
pub(super) struct Task {
    file: PathBuf,
    pub(super) result: Vec<u8>,
}

impl Task {
    fn new(setup: &Setup, name: &str, text: &[u8], result: Vec<u8>) -> anyhow::Result<Self> {
        let file = setup.scratch().join(name);
        fs::write(&file, text).with_context(|| format!("write the file of {name}"))?;
        Ok(Self { file, result })
    }

    /// Lines to be sorted by what stands before their tab; some keys come several times.
    pub(super) fn lines(setup: &Setup) -> anyhow::Result<Self> {
        let key = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        let line = |number| format!("{:08x}\tthe line number {number} of this file\n", key(number));
        let mut lines: Vec<String> = (0..setup.scaled(LINES) as u64).map(line).collect();
        let text = lines.concat();
        // Stable, as the lab asks.
        lines.sort_by(|a, b| a[..8].cmp(&b[..8]));
        Self::new(setup, "lines", text.as_bytes(), lines.concat().into_bytes())
    }

    pub(super) fn numbers(setup: &Setup) -> anyhow::Result<Self> {
        let numbers = || (0..setup.scaled(NUMBERS) as i64).map(|number| number * 7919 % 1_000_003 - 500_000);
        let text: String = numbers().map(|number| format!("{number}\n")).collect();
        Self::new(setup, "numbers", text.as_bytes(), format!("{}\n", numbers().sum::<i64>()).into_bytes())
    }

    /// A board, and its last generation as a slow and simple program makes it.
    pub(super) fn board(setup: &Setup) -> anyhow::Result<Self> {
        let side = setup.scaled(SIDE).max(16);
        let cell = |at: usize| (at as u64).wrapping_mul(0x2545_f491_4f6c_dd1d) >> 62 == 0;
        let mut board: Vec<bool> = (0..side * side).map(cell).collect();
        let text = drawn(&board, side);
        for _ in 0..setup.scaled(GENERATIONS) {
            board = next(&board, side);
        }
        Self::new(setup, "board", &text, drawn(&board, side))
    }

    pub(super) fn path(&self) -> String {
        self.file.to_string_lossy().into_owned()
    }

    /// Runs a program, and compares what comes out.
    pub(super) fn time(&self, setup: &Setup, command: Command) -> anyhow::Result<Duration> {
        let (time, text) = flow::run(setup, vec![command], None, Output::Kept)?;
        if text != self.result {
            let at = text.iter().zip(&self.result).take_while(|(a, b)| a == b).count();
            anyhow::bail!("byte {at}: {}", difference(&text[at..], &self.result[at..]));
        }
        Ok(time)
    }
}

fn next(board: &[bool], side: usize) -> Vec<bool> {
    let row = |at: usize| &board[at % side * side..][..side];
    // Of each column how many of three rows live, then three columns at a time.
    let made = (0..side).map(|at| {
        let [above, here, below] = [row(at + side - 1), row(at), row(at + 1)];
        let columns: Vec<u8> =
            (0..side).map(|i| u8::from(above[i]) + u8::from(here[i]) + u8::from(below[i])).collect();
        let cell = |i: usize| match columns[(i + side - 1) % side] + columns[i] + columns[(i + 1) % side] {
            3 => true,
            // Itself and three others, or none and four.
            4 => here[i],
            _ => false,
        };
        (0..side).map(cell).collect::<Vec<bool>>()
    });
    made.flatten().collect()
}

fn drawn(board: &[bool], side: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(board.len() + side);
    for row in board.chunks(side) {
        text.extend(row.iter().map(|&lives| if lives { b'#' } else { b'.' }));
        text.push(b'\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::labs::flow::command;

    #[test]
    fn a_glider_walks_over_the_edge() {
        let mut board = vec![false; 36];
        for at in [1, 8, 12, 13, 14] {
            board[at] = true;
        }
        let mut walked = board.clone();
        for _ in 0..24 {
            walked = next(&walked, 6);
        }
        assert!(walked == board, "after 24 generations it is where it was");
        assert_eq!(drawn(&[true, false, false, true], 2), b"#.\n.#\n");
    }

    #[test]
    fn a_wrong_result_is_told_at_its_first_byte() {
        let setup = Setup::new(Vec::new(), 0.01).unwrap();
        let task = Task::new(&setup, "f", b"", b"12\n".to_vec()).unwrap();
        let sh = |script| command(Path::new("/bin/sh"), &["-c", script]);
        task.time(&setup, sh("echo 12")).unwrap();
        let told = task.time(&setup, sh("echo 13")).unwrap_err().to_string();
        assert_eq!(told, "byte 1: expected `2\\n`, received `3\\n`");
    }
}
