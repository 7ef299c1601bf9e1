//! A task on its way: what the boss knows of it, and what is said about it on the channel.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use crate::effect;
use crate::line::Answer;
use crate::task::Task;

/// A task that has been taken and not yet answered.
#[derive(Debug, Clone)]
pub struct Job {
    /// Whose effects it has: those of one boss, or of all that share a journal.
    pub scope: Arc<str>,
    /// Whose it is: a client's number.
    pub owner: u64,
    /// The ID of its line.
    pub id: Vec<u8>,
    /// Its parts, one for each stage.
    pub parts: Vec<Vec<u8>>,
    /// Which of them is its turn.
    pub part: usize,
    /// Which attempt at this part the next one is, from 1.
    pub attempt: u32,
    /// Where a worker answers itself.
    pub client: Option<Arc<OwnedFd>>,
}

impl Job {
    /// A task that has not been tried.
    pub fn new(scope: &Arc<str>, owner: u64, id: &[u8], parts: Vec<Vec<u8>>) -> Job {
        Job { scope: Arc::clone(scope), owner, id: id.to_vec(), parts, part: 0, attempt: 1, client: None }
    }

    /// What its turn is.
    pub fn text(&self) -> &[u8] {
        &self.parts[self.part]
    }

    /// What makes the effect of this part differ from that of all others, in the next run as well.
    pub fn key(&self) -> Vec<u8> {
        [self.scope.as_bytes(), format!(" {} {} ", self.owner, self.part).as_bytes(), &self.id].concat()
    }

    /// A part in which the result of the part before has taken the place of each `{}`.
    pub fn fill(part: &[u8], result: &[u8]) -> Vec<u8> {
        let (mut filled, mut rest) = (Vec::new(), part);
        while let Some(place) = rest.windows(2).position(|two| two == b"{}") {
            filled.extend_from_slice(&rest[..place]);
            filled.extend_from_slice(result);
            rest = &rest[place + 2..];
        }
        [filled.as_slice(), rest].concat()
    }

    /// Removes what served to remember the effect of this part. To be called when its answer is safe.
    pub fn forget_effect(&self) {
        if let Some(Task::Write(file, _)) = Task::parse(self.text()) {
            effect::forget(&self.key(), &file);
        }
    }

    /// Whether no part follows.
    pub fn is_last(&self) -> bool {
        self.part + 1 == self.parts.len()
    }
}

/// What a worker is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Whether the worker answers the client although the answer is ok.
    pub last: bool,
    /// Which attempt it is.
    pub attempt: u32,
    /// As [`Job::key`].
    pub key: Vec<u8>,
    /// The ID of the line.
    pub id: Vec<u8>,
    /// The task.
    pub text: Vec<u8>,
}

impl Order {
    /// As a message: these fields, with tabs between them.
    pub fn encode(job: &Job) -> Vec<u8> {
        let numbers = format!("{}\t{}", u8::from(job.is_last()), job.attempt);
        [numbers.as_bytes(), &job.key(), &job.id, job.text()].join(&b'\t')
    }

    /// From a message.
    pub fn decode(message: &[u8]) -> Option<Order> {
        let mut fields = message.splitn(5, |&byte| byte == b'\t');
        let mut number = || std::str::from_utf8(fields.next()?).ok()?.parse::<u32>().ok();
        let (last, attempt) = (number()? == 1, number()?);
        let mut field = || fields.next().map(<[u8]>::to_vec);
        Some(Order { last, attempt, key: field()?, id: field()?, text: field()? })
    }
}

/// What a worker tells the boss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Whether it has told the client already.
    pub told: bool,
    /// Its answer.
    pub answer: Answer,
}

impl Reply {
    /// As a message: `+` or `-`, `t` if the client was told, and the text.
    pub fn encode(&self) -> Vec<u8> {
        let sign = if self.answer.ok { b'+' } else { b'-' };
        let told = if self.told { b't' } else { b' ' };
        [&[sign, told], self.answer.text.as_slice()].concat()
    }

    /// From a message.
    pub fn decode(message: &[u8]) -> Option<Reply> {
        let (&[sign, told], text) = message.split_first_chunk()?;
        Some(Reply { told: told == b't', answer: Answer { ok: sign == b'+', text: text.to_vec() } })
    }
}
