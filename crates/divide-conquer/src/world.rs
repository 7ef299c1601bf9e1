//! A world of ranks: processes that are numbered 0, 1, 2, … and that reach each other by these numbers.
//!
//! ```text
//!   boss ── fork ──► rank 0 ◄──► rank 1 ◄──► rank 2 …      each has a mailbox, each can write into every mailbox
//!     ▲                │            │           │
//!     └──── reports ◄──┴────────────┴───────────┘         results come back by message
//! ```
//!
//! This is the smallest world that shows the ideas: a message is one word, and mailboxes are pipes.

use crate::crew::Crew;
use crate::mailbox::{Mailbox, Message};
use anyhow::{Context, Result, ensure};
use std::collections::VecDeque;

/// One process among the others, as it sees itself.
///
/// It counts *rounds*, the time of a machine in which every rank can send or take one message at a time: sending moves
/// its own clock by one; a message cannot be taken before it was sent, nor in the same round as another one.
/// The clock is logical: it counts what depends on what, and no second.
#[derive(Debug)]
pub struct Rank<'a> {
    number: usize,
    boxes: &'a [Mailbox],
    /// Messages of ranks that nobody has asked for yet, oldest first.
    aside: VecDeque<Message>,
    round: u32,
    sent: u32,
}

impl Rank<'_> {
    /// Which one this is: 0 to `size() - 1`.
    #[must_use]
    pub fn number(&self) -> usize {
        self.number
    }

    /// How many there are.
    #[must_use]
    pub fn size(&self) -> usize {
        self.boxes.len()
    }

    /// Sends a word to the rank with that number: a letter, not a call. It returns when the word lies in the mailbox.
    ///
    /// # Errors
    /// See [`Mailbox::put`].
    pub fn send(&mut self, to: usize, word: i64) -> Result<()> {
        self.round += 1;
        self.sent += 1;
        self.boxes[to].put(Message { from: u32::try_from(self.number)?, round: self.round, word })
    }

    /// Asymmetric: receives from whoever comes first, and tells who it was.
    ///
    /// # Errors
    /// See [`Mailbox::take`].
    pub fn receive_any(&mut self) -> Result<(usize, i64)> {
        let message = match self.aside.pop_front() {
            Some(message) => message,
            None => self.boxes[self.number].take()?,
        };
        self.taken(message)
    }

    /// Symmetric: receives from this rank. What comes from others meanwhile is kept for later.
    ///
    /// # Errors
    /// See [`Mailbox::take`].
    pub fn receive(&mut self, from: usize) -> Result<i64> {
        let is_from = |message: &Message| message.from as usize == from;
        if let Some(at) = self.aside.iter().position(is_from) {
            let message = self.aside.remove(at).context("it was found there")?;
            return Ok(self.taken(message)?.1);
        }
        loop {
            let message = self.boxes[self.number].take()?;
            if is_from(&message) {
                return Ok(self.taken(message)?.1);
            }
            self.aside.push_back(message);
        }
    }

    /// Non-blocking: what is there already, from whomever, or `None` at once.
    ///
    /// # Errors
    /// See [`Mailbox::take`].
    pub fn try_receive(&mut self) -> Result<Option<(usize, i64)>> {
        if self.aside.is_empty() && !self.boxes[self.number].has_one()? {
            return Ok(None);
        }
        self.receive_any().map(Some)
    }

    fn taken(&mut self, message: Message) -> Result<(usize, i64)> {
        self.round = message.round.max(self.round + 1);
        Ok((usize::try_from(message.from)?, message.word))
    }
}

/// What a rank tells the boss at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// What it computed.
    pub result: i64,
    /// The round in which its last message was sent or taken.
    pub round: u32,
    /// How many messages it sent.
    pub sent: u32,
}

/// All ranks, as the boss sees them.
#[derive(Debug)]
pub struct World {
    size: usize,
    crew: Crew,
    boxes: Vec<Mailbox>,
    reports: Vec<Mailbox>,
}

impl World {
    /// fork—Starts `size` ranks that all run `body`: one program, many processes.
    ///
    /// # Errors
    /// When there are not enough processes or descriptors.
    pub fn start(size: usize, body: impl Fn(&mut Rank) -> Result<i64>) -> Result<Self> {
        let mailboxes = || (0..size).map(|_| Mailbox::new()).collect::<Result<Vec<Mailbox>>>();
        let (boxes, reports) = (mailboxes()?, mailboxes()?);
        let crew = Crew::start(size, |number| {
            let mut rank = Rank { number, boxes: &boxes, aside: VecDeque::new(), round: 0, sent: 0 };
            let word = body(&mut rank)?;
            reports[number].put(Message { from: rank.sent, round: rank.round, word })?;
            Ok(0)
        })?;
        Ok(Self { size, crew, boxes, reports })
    }

    /// The processes.
    #[must_use]
    pub fn crew(&self) -> &Crew {
        &self.crew
    }

    /// A message from outside, in the name of a rank.
    ///
    /// # Errors
    /// See [`Mailbox::put`].
    pub fn post(&self, from: u32, to: usize, word: i64) -> Result<()> {
        self.boxes[to].put(Message { from, round: 0, word })
    }

    /// waitpid—Waits until all ranks have ended well, and gives their reports in the order of their numbers.
    ///
    /// # Errors
    /// When one of them has failed.
    pub fn finish(self) -> Result<Vec<Report>> {
        self.crew.join()?; // A report is one message, so no rank waits for the boss to read it.
        let reports = self.reports.iter().map(|report| {
            ensure!(report.has_one()?, "a rank has reported nothing");
            let Message { from: sent, round, word: result } = report.take()?;
            Ok(Report { result, round, sent })
        });
        let reports = reports.collect::<Result<Vec<Report>>>()?;
        ensure!(reports.len() == self.size, "{} reports of {} ranks", reports.len(), self.size);
        Ok(reports)
    }
}

/// Starts a world and waits for its end.
///
/// # Errors
/// See [`World::start`] and [`World::finish`].
pub fn run(size: usize, body: impl Fn(&mut Rank) -> Result<i64>) -> Result<Vec<Report>> {
    World::start(size, body)?.finish()
}
