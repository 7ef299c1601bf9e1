//! The state of the shell and its outermost loop: read a line, run it.

use crate::ast::List;
use crate::descriptor::{close_all_private, keep_from_commands};
use crate::failure::{complain, reason, say};
use crate::input::Input;
use crate::jobs::Jobs;
use crate::options::Options;
use crate::parse::{ParseError, Parsed, parse_line};
use crate::signals::Signals;
use crate::terminal::Terminal;
use crate::wait::Children;
use anyhow::Context;
use nix::unistd::Pid;
use std::io::{self, IsTerminal};
use std::ops::ControlFlow;

/// Whether the shell goes on, with this status, or ends with it.
pub type Flow = ControlFlow<u8, u8>;

/// One shell: the one the user started, or a copy of it in a child that runs a list.
#[derive(Debug)]
pub struct Shell {
    /// `--via-files`.
    pub via_files: bool,
    /// `--explain`.
    pub explain: bool,
    /// `set -o pipefail`.
    pub pipefail: bool,
    /// `$?`.
    pub status: u8,
    /// `$!`.
    pub last_background: Option<Pid>,
    /// Whether standard input is a terminal.
    pub interactive: bool,
    /// Whether this is a copy in a child. Copies make no process groups and leave the terminal alone.
    pub is_copy: bool,
    /// Every process this shell has started.
    pub children: Children,
    /// The background and stopped pipelines.
    pub jobs: Jobs,
    /// What psh changed about signals, for children to undo.
    pub signals: Signals,
    /// The controlling terminal, if there is one.
    pub terminal: Option<Terminal>,
}

impl Shell {
    /// Prepares the process for being a shell: descriptors, signals, terminal.
    ///
    /// # Errors
    /// If the system refuses one of these.
    pub fn new(options: &Options) -> anyhow::Result<Self> {
        keep_from_commands().context("mark inherited descriptors")?;
        let interactive = io::stdin().is_terminal();
        let signals = Signals::prepare(interactive).context("set up signals")?;
        Ok(Shell {
            via_files: options.via_files,
            explain: options.explain,
            pipefail: false,
            status: 0,
            last_background: None,
            interactive,
            is_copy: false,
            children: Children::new(),
            jobs: Jobs::default(),
            signals,
            terminal: Terminal::open(),
        })
    }

    /// Runs line after line; returns the exit status.
    pub fn run(&mut self, mut input: Input) -> u8 {
        let prompts = self.interactive && !matches!(input, Input::Text(..));
        loop {
            if prompts {
                say(b"psh$ ");
            }
            match self.read(&mut input) {
                Ok(Some(line)) => {
                    if let Flow::Break(status) = self.list(&line) {
                        return status;
                    }
                }
                Ok(None) => return self.status,
                Err(ParseError::Syntax(reason)) => {
                    complain(b"syntax error", &reason);
                    self.status = 2;
                    if !prompts {
                        return self.status;
                    }
                }
                Err(ParseError::Read(errno)) => {
                    complain(b"standard input", &reason(errno));
                    return 1;
                }
            }
        }
    }

    /// Reads a logical line. While psh waits for it, it goes on reaping.
    fn read(&mut self, input: &mut Input) -> Parsed<Option<List>> {
        let (children, signals) = (&mut self.children, &self.signals);
        parse_line(&mut |line| {
            input.next_line(line, |stdin| {
                while !children.wait_readable(stdin, signals)? {}
                Ok(())
            })
        })
    }

    /// Makes the copy of the shell that a child got by fork fit to run a list: it keeps nothing of
    /// psh but 0, 1 and 2, and stays in its process group.
    pub(crate) fn become_copy(&mut self) -> nix::Result<()> {
        self.is_copy = true;
        self.interactive = false;
        // Closed below, with everything else: dropping it too would close a number twice.
        std::mem::forget(self.terminal.take());
        close_all_private()?;
        self.signals.restore_for_copy()
    }
}
