//! A task on its way: what the boss knows of it, and what is said about it on the channel.

use std::os::fd::OwnedFd;
use std::rc::Rc;

use crate::line::Answer;

/// A task that has been taken and not yet answered.
#[derive(Debug, Clone)]
pub struct Job {
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
    pub client: Option<Rc<OwnedFd>>,
}

impl Job {
    /// A task that has not been tried.
    pub fn new(owner: u64, id: &[u8], parts: Vec<Vec<u8>>) -> Job {
        Job { owner, id: id.to_vec(), parts, part: 0, attempt: 1, client: None }
    }

    /// What its turn is.
    pub fn text(&self) -> &[u8] {
        &self.parts[self.part]
    }

    /// What makes this part of this task differ from all others: the name of its effect. It is the same in the next run.
    pub fn key(&self) -> Vec<u8> {
        key(self.owner, self.part, &self.id)
    }

    /// Whether no part follows.
    pub fn is_last(&self) -> bool {
        self.part + 1 == self.parts.len()
    }
}

fn key(owner: u64, part: usize, id: &[u8]) -> Vec<u8> {
    [format!("{owner} {part} ").as_bytes(), id].concat()
}

/// What a worker is told: these fields, with tabs between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Whether the worker answers the client although the answer is ok.
    pub last: bool,
    /// Which attempt it is.
    pub attempt: u32,
    /// The client's number.
    pub owner: u64,
    /// Which part it is.
    pub part: usize,
    /// The ID of the line.
    pub id: Vec<u8>,
    /// The task.
    pub text: Vec<u8>,
}

impl Order {
    /// As a message.
    pub fn encode(job: &Job) -> Vec<u8> {
        let numbers = format!("{}\t{}\t{}\t{}", u8::from(job.is_last()), job.attempt, job.owner, job.part);
        [numbers.as_bytes(), &job.id, job.text()].join(&b'\t')
    }

    /// From a message.
    pub fn decode(message: &[u8]) -> Option<Order> {
        let mut fields = message.splitn(6, |&byte| byte == b'\t');
        let mut number = || std::str::from_utf8(fields.next()?).ok()?.parse::<u64>().ok();
        Some(Order {
            last: number()? == 1,
            attempt: u32::try_from(number()?).ok()?,
            owner: number()?,
            part: usize::try_from(number()?).ok()?,
            id: fields.next()?.to_vec(),
            text: fields.next()?.to_vec(),
        })
    }

    /// As [`Job::key`].
    pub fn key(&self) -> Vec<u8> {
        key(self.owner, self.part, &self.id)
    }
}

impl Answer {
    /// What a worker tells the boss: `+` or `-`, and the text.
    pub fn encode(&self) -> Vec<u8> {
        [if self.ok { b"+" } else { b"-" }, self.text.as_slice()].concat()
    }

    /// From a message.
    pub fn decode(message: &[u8]) -> Option<Answer> {
        let (sign, text) = message.split_first()?;
        Some(Answer { ok: *sign == b'+', text: text.to_vec() })
    }
}
